"""Find imports of a script that a cluster does not have: a file beside it, a sibling, an undeclared package."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .known_packages import is_also_on_cluster, is_known, is_named_like, package_of
from .module_origins import ModuleOrigin, modules_of, origin_of
from .parsed_script import ParsedScript
from .script_fault import ScriptFault
from .surroundings import Surroundings
from .syntax_tree import dotted

# After one of these an import finds more than what is installed.
_MORE = ("sys.path", "sys.meta_path", "sys.modules", "site.addsitedir")
_MORE_ON_SPARK = ("addPyFile", "addArtifact", "addArtifacts")


def import_faults(script: ParsedScript, around: Surroundings) -> Iterator[ScriptFault]:
    """Yield each module once, where it is sure to fail, else where it is imported first."""
    found: dict[str, ScriptFault] = {}
    for node, guard in script.nodes:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for module in modules_of(node):
            if guard.excuses_import("ImportError", "ModuleNotFoundError") or _is_installed(module, around):
                continue
            broken = _fault(module, node, around)
            if broken is None:
                continue
            rule, what, cure = broken
            fails = (
                guard.certain and rule != "script-undeclared" and not _may_be_found(module, script, around)
            )
            if what not in found or (fails and not found[what].fails):
                found[what] = ScriptFault(rule=rule, line=node.lineno, what=what, cure=cure, fails=fails)
    yield from found.values()


def _may_be_found(module: str, script: ParsedScript, around: Surroundings) -> bool:
    """Tell whether something that is not known here may provide a module, whatever it is called."""
    return (
        package_of(module) is not None  # another package may bring it along
        or not around.complete
        or _has_strangers(around)
        or any(
            isinstance(node, ast.Attribute) and (dotted(node) in _MORE or node.attr in _MORE_ON_SPARK)
            for node, _ in script.nodes
        )
    )


def _has_strangers(around: Surroundings) -> bool:
    """Tell whether something is installed of which nobody knows here which modules it provides."""
    return any(not is_known(name) for name in around.installed - around.sibling_names)


def _is_installed(module: str, around: Surroundings) -> bool:
    in_wheel = around.library and module.partition(".")[0] in around.others
    return in_wheel or any(is_named_like(name, module) for name in around.installed)


def _fault(
    module: str, node: ast.Import | ast.ImportFrom, around: Surroundings
) -> tuple[str, str, str] | None:
    """Return the rule that an import breaks, what is wrong, and the cure."""
    top = module.partition(".")[0]
    origin = origin_of(module, package=around.package, siblings=around.siblings, neighbors=around.neighbors)
    deploy = f"set library = true in {around.folder}/pyproject.toml"
    if origin is ModuleOrigin.OWN and not around.library:
        what = f"{top} is the project's own package, and library = false keeps it from being deployed"
        return "script-neighbor", what, deploy
    if origin is ModuleOrigin.NEIGHBOR:
        what = f"{top} is a file beside the script, and a cluster runs the script alone"
        cure = f"import it from the package: {_from_package(node, top, around.package)}"
        return "script-neighbor", what, cure if around.library else f"{cure}; and {deploy}"
    if origin is ModuleOrigin.SIBLING:
        what = f"{top} is another project of the repo, and {around.project} does not declare it"
        return "script-sibling", what, f"hermes add {around.siblings[top]} --project {around.project}"
    if origin is not ModuleOrigin.INDEX or is_also_on_cluster(module) or not around.complete:
        return None
    package = package_of(module)
    if package is not None:
        what = (
            f"{top} is of the package {package}, which {around.project} does not declare: it is missing, or "
            "there only as long as another package brings it along"
        )
        return "script-undeclared", what, f"hermes add {package} --project {around.project}"
    if _has_strangers(around):
        return None
    what = f"no dependency of {around.project} is known to provide the module {top}"
    return (
        "script-undeclared",
        what,
        f"hermes add PACKAGE --project {around.project}: the one that provides it",
    )


def _from_package(node: ast.Import | ast.ImportFrom, top: str, package: str) -> str:
    if isinstance(node, ast.ImportFrom):
        return f"from {package}.{node.module} import " + ", ".join(_written(one) for one in node.names)
    alone = next((_written(one) for one in node.names if one.name == top), top)
    return f"from {package} import {alone}"


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name
