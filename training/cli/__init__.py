"""Commands that learn and judge, one file each; what they import is loaded when they run."""
