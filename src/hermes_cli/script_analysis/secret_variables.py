"""Find the variables that a script reads and whose names say that they hold a secret."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from hermes_cli.domain.contract.run_specification import may_be_secret

from .flow import Use
from .syntax_tree import string_of
from .values import variable_read

_SECRET = re.compile(
    r"(?:.*_)?(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?"
    r"|(?:API|ACCESS|SECRET|PRIVATE|ACCOUNT|SHARED|SIGNING|ENCRYPTION)_?KEY)(?:_\d+)?",
    re.IGNORECASE,
)
_SHELLS_OWN = frozenset({"PWD", "OLDPWD"})


def secret_variables(uses: Iterable[Use]) -> Mapping[str, int]:
    """Return such variables with the first line that reads each; those that the script itself sets are left out."""
    read: dict[str, int] = {}
    given: set[str] = set()
    for use in uses:
        variable = variable_read(use.node, use.names)
        if (
            variable
            and _SECRET.fullmatch(variable)
            and variable not in _SHELLS_OWN
            and may_be_secret(variable)
        ):
            read[variable] = min(use.node.lineno, read.get(variable, use.node.lineno))
        given |= set(_given(use))
    return {name: read[name] for name in sorted(read, key=read.__getitem__) if name not in given}


def _given(use: Use) -> list[str]:
    """Return the variable that a use sets."""
    node = use.node
    if isinstance(node, ast.Subscript):
        sets = isinstance(node.ctx, ast.Store) and use.names.resolve(node.value) == "os.environ"
        name = string_of(node.slice) if sets else None
    else:
        sets = use.function in ("os.environ.setdefault", "os.putenv") and bool(node.args)
        name = string_of(node.args[0]) if sets else None
    return [name] if name else []
