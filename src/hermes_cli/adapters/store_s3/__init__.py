"""An S3 bucket (AWS's, or another store's that speaks the same) that keeps objects."""

from .store import S3Store

__all__ = ["S3Store"]
