"""An S3 bucket (AWS's, or another store's that speaks the same) that keeps objects."""

from .client import Clients
from .examination import examine
from .store import S3Store

__all__ = ["Clients", "S3Store", "examine"]
