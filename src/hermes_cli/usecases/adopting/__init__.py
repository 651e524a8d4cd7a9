"""An adopted script in its project: lower bounds for its packages, and the sample that it replaces."""
