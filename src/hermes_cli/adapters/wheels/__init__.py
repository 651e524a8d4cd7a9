"""Wheels: read, refuse what must not be deployed, give another version, verify."""

from __future__ import annotations

from .reading import Wheel, read_wheel
from .record import verify_record
from .restamp import restamp
from .secret_scan import Secret, find_secret, locate_secret

__all__ = ["Secret", "Wheel", "find_secret", "locate_secret", "read_wheel", "restamp", "verify_record"]
