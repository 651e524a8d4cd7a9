"""Open the stores that environments name."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_environment import Environment

if TYPE_CHECKING:
    from hermes_cli.adapters.store_s3 import Clients


class EnvironmentStores:
    """One store for each environment of a repo; those in S3 share their clients."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._made: dict[str, Store] = {}  # by the name of the environment

    def of(self, environment: Environment) -> Store:
        """Return the store of an environment. Raises `InvalidInput` for an invalid path."""
        with self._lock:
            if environment.name not in self._made:
                self._made[environment.name] = self._open(environment)
            return self._made[environment.name]

    @cached_property
    def _clients(self) -> Clients:
        from hermes_cli.adapters.store_s3 import Clients

        return Clients()

    def _open(self, environment: Environment) -> Store:
        if environment.path is not None:
            from hermes_cli.adapters.store_local import LocalStore

            try:
                return LocalStore(self._root / Path(environment.path).expanduser())
            except (RuntimeError, ValueError) as error:
                where = f"environments.{environment.name}.path"
                raise InvalidInput(f"{where}: {environment.path!r} is not a path: {error}") from None
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
            clients=self._clients,
        )
