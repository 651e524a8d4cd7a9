"""The code of {{ cookiecutter.project }}: its scripts, and what they share."""
