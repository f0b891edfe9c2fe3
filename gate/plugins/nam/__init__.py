"""A model of Neural Amp Modeler in a slot: its file, made into a program of steps that the audio thread runs."""
