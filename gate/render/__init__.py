"""A file, or a folder of files, through the gate."""
