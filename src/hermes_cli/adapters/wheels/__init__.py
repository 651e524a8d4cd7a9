"""Wheels: read them, refuse those that must not be deployed, and give them another version."""

from __future__ import annotations

from .reading import Wheel, read_wheel
from .restamp import restamp
from .secret_scan import Secret, find_secret, find_secret_in_text, locate_secret

__all__ = ["Secret", "Wheel", "find_secret", "find_secret_in_text", "locate_secret", "read_wheel", "restamp"]
