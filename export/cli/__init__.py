"""Commands that learn and export, one file each."""
