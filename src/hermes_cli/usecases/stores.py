"""From an environment's settings to the store that it names."""

from __future__ import annotations

from pathlib import Path

from hermes_cli.domain.config import Environment
from hermes_cli.domain.errors import InvalidInput
from hermes_cli.domain.store import Store


def open_store(root: Path, environment: Environment) -> Store:
    """The directory (relative to a repo's `root`) or bucket of an environment. Raises `InvalidInput`."""
    if environment.path is not None:
        from hermes_cli.adapters.store_local import LocalStore

        try:
            return LocalStore(root / Path(environment.path).expanduser())
        except (RuntimeError, ValueError) as error:
            where = f"environments.{environment.name}.path"
            raise InvalidInput(f"{where}: {environment.path!r} is no path: {error}") from None
    from hermes_cli.adapters.store_s3 import S3Store

    return S3Store(
        bucket=environment.bucket or "",
        prefix=environment.prefix,
        region=environment.region,
        profile=environment.profile,
        role_arn=environment.role_arn,
        endpoint_url=environment.endpoint_url,
        expected_bucket_owner=environment.expected_bucket_owner,
        kms_key_id=environment.kms_key_id,
    )
