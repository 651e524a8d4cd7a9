"""Read a script as the cluster will run it, and find what cannot work there; from its text alone."""
