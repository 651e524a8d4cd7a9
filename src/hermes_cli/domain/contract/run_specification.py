"""The environment variables of a running script, the same on a laptop and on a job cluster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import InvalidInput

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
# The shell, Python or the platform gives these variables their values.
_TAKEN = ("PATH", "HOME", "USER", "SHELL", "TMPDIR", "IFS", "ENV", "BASH_ENV", "VIRTUAL_ENV", "CLASSPATH")
_TAKEN_PREFIXES = ("HERMES_", "PYTHON", "AWS_", "SPARK_", "DATABRICKS_", "HADOOP_", "JAVA_", "LD_", "DYLD_")


def parse_secrets(names: Sequence[object], where: str) -> tuple[str, ...]:
    """Parse the names of the secrets that a project's scripts need, sorted: each becomes a variable of a run.

    Raises `InvalidInput` for a name that a variable cannot have, or one that must not be replaced.
    """
    for name in names:
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            # Somebody may have written the secret itself where its name belongs.
            raise InvalidInput(
                f"{where}: secrets holds something that is not the name of a variable",
                hint='write their names only, as in secrets = ["API_KEY"]',
            )
        if not may_be_secret(name):
            raise InvalidInput(
                f"{where}: {name} cannot be a secret: that variable has another meaning where scripts run",
                hint="give the secret another name",
            )
    return tuple(sorted({str(name) for name in names}))


def may_be_secret(name: str) -> bool:
    """Tell whether a variable has no other meaning where scripts run."""
    return name.upper() not in _TAKEN and not name.upper().startswith(_TAKEN_PREFIXES)


def secret_name(text: str) -> str:
    """Return a name that `parse_secrets` accepts, made from a text with a letter or a digit."""
    name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")[:100]
    name = f"_{name}" if name[0].isdigit() else name
    return name if may_be_secret(name) else f"SECRET_{name}"


def takes_input(environment: str) -> bool:
    """Tell whether scripts may read uploaded files in an environment: production reads none."""
    return environment != "prod"


@dataclass(frozen=True, kw_only=True)
class RunSpecification:
    """The facts of one run of a script; folders are URIs, on a laptop plain paths, None where the run has none.

    `version` is the real one, also where `latest` was asked for.
    """

    environment: str
    team: str
    project: str
    script: str
    version: str
    commit: str | None
    products: str
    input: str | None = None
    read_prefix: str | None = None
    parameters: tuple[str, ...] = ()

    def variables(self) -> dict[str, str]:
        """Return the environment variables of the run; those that do not apply are left out."""
        values = {
            "HERMES_ENV": self.environment,
            "HERMES_TEAM": self.team,
            "HERMES_PROJECT": self.project,
            "HERMES_VERSION": self.version,
            "HERMES_COMMIT": self.commit,
            "HERMES_READ_PREFIX": self.read_prefix,
            "HERMES_INPUT": self.input,
            "HERMES_PRODUCTS": self.products,
        }
        return {name: value for name, value in values.items() if value is not None}
