"""Read the settings that the platform made for a team, from Airflow Variables named hermes_…"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ._hermes.errors import InvalidInput
from ._hermes.job_specification import Platform, place_of
from ._hermes.names import TeamName

ENVIRONMENT = "hermes_environment"
_NAME = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_WHO = "the platform team sets it, once for each Airflow (docs/operator.md)"
_WHO_TEAM = "the platform team sets it when a team is enrolled (docs/operator.md)"

# Returns the value of a Variable, or None where it is not set.
Lookup = Callable[[str], str | None]


@dataclass(frozen=True, kw_only=True)
class BucketSettings:
    """The bucket of an environment; None leaves a setting to AWS's own variables and files."""

    name: str
    prefix: str = ""
    region: str | None = None
    endpoint_url: str | None = None

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")


@dataclass(frozen=True, kw_only=True)
class TeamSetup:
    """The settings of one team in one environment."""

    bucket: BucketSettings
    platform: Platform


def read_setup(team: TeamName, lookup: Lookup) -> TeamSetup:
    """Read all settings of a run. Raises `InvalidInput`, which names the Variable and who sets it."""
    environment = _required(lookup, ENVIRONMENT, _WHO)
    if not _NAME.fullmatch(environment):
        raise InvalidInput(
            f"the Airflow Variable {ENVIRONMENT} is {environment!r}, which is not the name of an environment",
            hint="set it to dev or prod",
        )
    # Airflow hides the value of a Variable with "secret" in its name wherever it is logged, but the
    # name of a scope may be seen.
    own = f"hermes_{environment}_"
    bucket = BucketSettings(
        name=_required(lookup, f"{own}bucket", _WHO),
        prefix=(lookup(f"{own}prefix") or "").strip("/"),
        region=lookup(f"{own}region") or None,
        endpoint_url=lookup(f"{own}endpoint_url") or None,
    )
    given = lookup(f"{own}input")
    return TeamSetup(
        bucket=bucket,
        platform=Platform(
            environment=environment,
            root=bucket.url,
            policy_id=_required(lookup, f"{own}policy_id_{team}", _WHO_TEAM),
            products=place_of(team, _required(lookup, f"{own}products", _WHO)),
            input=place_of(team, given) if given else None,
            read_prefix=lookup(f"{own}read_prefix") or None,
            metastore=_settings(lookup, f"{own}metastore"),
            secret_scope=lookup(f"{own}scope_{team}") or None,
        ),
    )


def _required(lookup: Lookup, name: str, who: str) -> str:
    value = lookup(name)
    if not value or not value.strip():
        raise InvalidInput(f"the Airflow Variable {name} is not set", note=who)
    return value.strip()


def _settings(lookup: Lookup, name: str) -> Mapping[str, str]:
    text = lookup(name)
    if not text:
        return {}
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise InvalidInput(
            f"the Airflow Variable {name} is not a JSON object of strings",
            hint='write it as {"spark.hadoop.hive.metastore.uris": "thrift://…"}',
        )
    return settings
