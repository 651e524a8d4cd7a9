"""How a notebook or a loose script becomes a module with a main that does the same."""
