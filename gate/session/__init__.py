"""All that is set on a gate, as one value: in memory, in a file, and in the words of a person."""
