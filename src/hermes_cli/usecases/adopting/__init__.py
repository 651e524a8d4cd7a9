"""What `hermes adopt` needs around the conversion itself."""
