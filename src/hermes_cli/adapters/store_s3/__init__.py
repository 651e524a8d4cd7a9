"""An S3 bucket (AWS's, or another store's that speaks the same) that keeps objects."""

from .bucket_examination import examine
from .clients import Clients
from .s3_store import S3Store

__all__ = ["Clients", "S3Store", "examine"]
