"""What each kind of slot does to a buffer of sound, compiled."""
