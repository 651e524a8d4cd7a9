"""What a running script sees: the same variables on a laptop and on a job cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RunSpecification:
    """One run of a script; places are URIs, and None where there is none.

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
        """The environment variables of the run; what does not apply is left out."""
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
