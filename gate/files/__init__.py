"""Sound files in and out exactly, other files whole or not at all, and the inputs that a command line means."""
