"""Hermes turns a Python script into a versioned, tested, deployed and scheduled data product."""

__version__ = "0.1.0"
