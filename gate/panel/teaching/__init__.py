"""Teaching a gate from the panel: takes, the lesson as a process of its own, the comparison at its end."""
