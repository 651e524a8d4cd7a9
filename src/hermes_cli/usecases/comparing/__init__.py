"""Compare the working tree with the branch that it is to be merged into."""
