"""What recordings hold, as segments of speech, music and noise."""
