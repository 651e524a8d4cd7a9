"""The project around a script, as far as it decides what the script can do on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hermes_cli.domain.contract.names import canonical_name


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """A script's project.

    `package` is its module, and with `library` it is deployed. `neighbors` are the modules beside the script,
    `others` those outside of the package, which the wheel may hold too. `siblings` are the distributions of the
    repo's other projects by their modules. `installed` are the canonical names of what is declared, `complete`:
    nothing but what these bring along is installed besides.
    """

    project: str
    folder: str
    package: str
    library: bool = True
    neighbors: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    siblings: Mapping[str, str] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()
    complete: bool = True
    secrets: frozenset[str] = frozenset()

    @property
    def sibling_names(self) -> frozenset[str]:
        """The canonical names of the siblings' distributions."""
        return frozenset(map(canonical_name, self.siblings.values()))
