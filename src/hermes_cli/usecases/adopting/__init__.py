"""Lower bounds for the packages that an adopted script needs."""
