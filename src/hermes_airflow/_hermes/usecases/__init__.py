"""Reading what is deployed."""
