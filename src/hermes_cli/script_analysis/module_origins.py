"""The modules that an import needs, and where each comes from."""

from __future__ import annotations

import ast
from collections.abc import Collection
from enum import StrEnum

from .known_packages import is_on_cluster, is_standard


class ModuleOrigin(StrEnum):
    """The origin of a module; `NEIGHBOR`: a file beside the script, `INDEX`: a package of an index."""

    STANDARD = "standard"
    CLUSTER = "cluster"
    OWN = "own"
    SIBLING = "sibling"
    NEIGHBOR = "neighbor"
    INDEX = "index"


def modules_of(node: ast.AST) -> list[str]:
    """Return the modules that an absolute import needs, by their whole names; none for any other node."""
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        # `from google.cloud import storage` needs what `import google.cloud.storage` needs.
        return [f"{node.module}.{one.name}" for one in node.names]
    return []


def origin_of(
    module: str, *, package: str, siblings: Collection[str], neighbors: Collection[str]
) -> ModuleOrigin:
    """Return where a module comes from, in a project with this package; the others are names of modules."""
    top = module.partition(".")[0]
    if is_standard(module):
        return ModuleOrigin.STANDARD
    if is_on_cluster(module):
        return ModuleOrigin.CLUSTER
    if top == package:
        return ModuleOrigin.OWN
    if top in siblings:
        return ModuleOrigin.SIBLING
    return ModuleOrigin.NEIGHBOR if top in neighbors else ModuleOrigin.INDEX
