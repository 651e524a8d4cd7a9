"""Widgets and questions of a notebook as parameters of a script."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field, replace

from .credentials import kind_of
from .edits import Edits, at_module_scope, stands
from .flatten import Flat
from .values import Parameter, SecretFinder, SourceText

PARAMETERS = "parameters"
_KINDS = {
    "text": ("name", "defaultValue", "label"),
    "dropdown": ("name", "defaultValue", "choices", "label"),
    "combobox": ("name", "defaultValue", "choices", "label"),
    "multiselect": ("name", "defaultValue", "choices", "label"),
}
_LIMITED = "dropdown"


@dataclass(kw_only=True)
class Found:
    """The parameters of a script, by their name in the notebook."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    handled: set[int] = field(default_factory=set)  # nodes of definitions that are gone

    def add(self, name: str, **facts: object) -> Parameter:
        """One more, under a name that the command line and Python both take."""
        if name not in self.parameters:
            option = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "value"
            while any(option == other.option for other in self.parameters.values()) or option in (
                "h",
                "help",
            ):
                option += "-2"
            attribute = option.replace("-", "_")
            attribute = f"p{attribute}" if attribute[0].isdigit() else attribute
            attribute += "_" if keyword.iskeyword(attribute) else ""
            self.parameters[name] = Parameter(option=option, attribute=attribute, default=None)
        self.parameters[name] = replace(self.parameters[name], **facts)  # type: ignore[arg-type]
        return self.parameters[name]


def find_parameters(
    tree: ast.Module, source: SourceText, flat: Flat, edits: Edits, secret: SecretFinder
) -> Found:
    """What the notebook asks for; where a widget or a question stood, the parameter is read."""
    found = Found()
    defined = [
        (statement, call)
        for statement in at_module_scope(tree)
        if (call := _definition(statement)) is not None
    ]
    for statement, call in defined:
        _define(found, statement, call, source, flat, edits, secret)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _asked(node)) is not None:
            if not stands(source, node):
                todo = "read it into a variable first"
                flat.ask(source.place(node.lineno), f"the widget {name} is read within an f-string", todo)
                continue
            parameter = found.add(name)
            edits.replace(node, f"{PARAMETERS}.{parameter.attribute}")
    if not any("sys.argv" in line or "argparse" in line for line in source.lines):
        _questions(tree, source, flat, edits, found)
    for name, parameter in found.parameters.items():
        if parameter.default is None and not parameter.optional:
            flat.note(
                source.place(1), f"the parameter --{parameter.option} has to be given: {name} has no default"
            )
    return found


def _definition(statement: ast.AST) -> ast.Call | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        path = dotted(statement.value.func)
        if path and path.startswith("dbutils.widgets."):
            return statement.value
    return None


def _define(
    found: Found,
    statement: ast.AST,
    call: ast.Call,
    source: SourceText,
    flat: Flat,
    edits: Edits,
    secret: SecretFinder,
) -> None:
    assert isinstance(statement, ast.stmt)  # noqa: S101 - for the type checker
    kind = (dotted(call.func) or "").rsplit(".", 1)[-1]
    place = source.place(call.lineno)
    if kind in ("remove", "removeAll"):
        edits.replace(statement, "pass")
        flat.note(place, f"dbutils.widgets.{kind} left out: there are no widgets any more")
        return
    if kind not in _KINDS:
        return
    given: dict[str, ast.expr] = dict(zip(_KINDS[kind], call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    name, default = _text(given.get("name")), given.get("defaultValue")
    if name is None:
        flat.ask(place, "a widget whose name is computed", "make it an option of parse_parameters")
        return
    choices = _texts(given.get("choices")) if kind == _LIMITED else ()
    parameter = found.add(name, choices=choices, label=_text(given.get("label")) or "")
    value = _text(default)
    if value is not None or default is None:
        found.handled |= {id(node) for node in ast.walk(call)}
    if value is not None and kind_of(value, name, secret):
        flat.note(
            place, f"the default of {name} was a credential: --{parameter.option} has to be given instead"
        )
        edits.replace(statement, "pass")
        return
    if value is not None or default is None:
        found.add(name, default=value or "")
        edits.replace(statement, "pass")
    else:
        found.add(name, optional=True)
        target = f"{PARAMETERS}.{parameter.attribute}"
        start, end = (statement.lineno, statement.col_offset), (default.lineno, default.col_offset)
        edits.span(start, end, f"{target} = {target} if {target} is not None else str(")
        assert default.end_lineno and default.end_col_offset is not None  # noqa: S101
        assert statement.end_lineno and statement.end_col_offset is not None  # noqa: S101
        tail = (
            (default.end_lineno, default.end_col_offset),
            (statement.end_lineno, statement.end_col_offset),
        )
        edits.span(*tail, ")")


def _asked(call: ast.Call) -> str | None:
    """The name of the widget whose value is read."""
    path = dotted(call.func)
    if path not in ("dbutils.widgets.get", "dbutils.widgets.getArgument", "getArgument"):
        return None
    first = (
        call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "name"), None)
    )
    return _text(first)


def _questions(tree: ast.Module, source: SourceText, flat: Flat, edits: Edits, found: Found) -> None:
    """`name = input("…")` at the top of the notebook, for once: not in a loop, which may ask again."""
    for statement in tree.body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            continue
        target, value = statement.targets[0], statement.value
        if (
            isinstance(value, ast.Call)
            and dotted(value.func) in ("int", "float", "str")
            and len(value.args) == 1
        ):
            value = value.args[0]
        if (
            isinstance(target, ast.Name)
            and isinstance(value, ast.Call)
            and dotted(value.func) == "input"
            and target.id not in found.parameters
        ):
            label = (_text(value.args[0]) if value.args else None) or ""
            parameter = found.add(target.id, label=label.strip(" :?>"))
            edits.replace(value, f"{PARAMETERS}.{parameter.attribute}")
            what = f"input() asked for {target.id}: it is the parameter --{parameter.option} now"
            flat.note(source.place(statement.lineno), what)


def dotted(node: ast.AST) -> str | None:
    """A name or a chain of attributes, as it is written."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr}" if above else None
    return None


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(node: ast.expr | None) -> tuple[str, ...]:
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    texts = [_text(item) for item in items]
    return tuple(text for text in texts if text is not None) if None not in texts else ()
