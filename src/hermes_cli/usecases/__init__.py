"""One module for each command's work: read, decide, act."""
