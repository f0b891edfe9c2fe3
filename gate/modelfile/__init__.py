"""What a model file and a preset are: read, checked and written. Nothing of a model runs here."""
