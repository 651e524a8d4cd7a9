"""Turn widgets and `input()` questions into options of the script."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, replace

from hermes_cli.script_analysis.credentials import credential_kind
from hermes_cli.script_analysis.syntax_tree import (
    at_module_level,
    dotted,
    end_of,
    has_right_position,
    start_of,
    string_of,
)

from .rewriting import Rewriting

_ARGUMENTS = {
    "text": ("name", "defaultValue", "label"),
    "dropdown": ("name", "defaultValue", "choices", "label"),
    "combobox": ("name", "defaultValue", "choices", "label"),
    "multiselect": ("name", "defaultValue", "choices", "label"),
}
_WITH_CHOICES_ONLY = "dropdown"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An option of the script; without a default it is required, unless `optional`."""

    option: str
    attribute: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    label: str = ""
    optional: bool = False

    @property
    def required(self) -> bool:
        """Tell whether a run without it is refused."""
        return self.default is None and not self.optional


def replace_widgets(code: Rewriting) -> tuple[Parameter, ...]:
    """Read an option where a widget or a question was read; return the options."""
    parameters: dict[str, Parameter] = {}
    defined = [
        (statement, statement.value)
        for statement in at_module_level(code.tree)
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and (dotted(statement.value.func) or "").startswith("dbutils.widgets.")
    ]
    for statement, call in defined:
        _define(code, parameters, statement, call)
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and (name := _read_widget(node)) is not None:
            if not has_right_position(code.source.text, node):
                what = f"the widget {name} is read within an f-string"
                code.leave_to_do(node.lineno, what, "read it into a variable first")
                continue
            code.edits.replace(node, f"{code.parameters}.{_parameter(parameters, name).attribute}")
    if not any("sys.argv" in line or "argparse" in line for line in code.source.lines):
        _replace_questions(code, parameters)
    for name, parameter in parameters.items():
        if parameter.required:
            code.note(1, f"the parameter --{parameter.option} is required: {name} has no default")
    return tuple(parameters.values())


def report_questions(code: Rewriting) -> None:
    """Report calls of `input()` that became no option."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input":
            code.leave_to_do(
                node.lineno, "input() asks a person", "make it a parameter: a job has nobody to ask"
            )


def _parameter(parameters: dict[str, Parameter], name: str, **facts: object) -> Parameter:
    """Add or change the parameter of a name, with an option and an attribute that are valid and its own."""
    if name not in parameters:
        option = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "value"
        while any(option == other.option for other in parameters.values()) or option in ("h", "help"):
            option += "-2"
        attribute = option.replace("-", "_")
        attribute = f"p{attribute}" if attribute[0].isdigit() else attribute
        attribute += "_" if keyword.iskeyword(attribute) else ""
        parameters[name] = Parameter(option=option, attribute=attribute)
    parameters[name] = replace(parameters[name], **facts)  # type: ignore[arg-type]
    return parameters[name]


def _define(code: Rewriting, parameters: dict[str, Parameter], statement: ast.Expr, call: ast.Call) -> None:
    """Take out a widget's definition; a default that is computed is computed when the script runs."""
    kind = (dotted(call.func) or "").rpartition(".")[2]
    if kind in ("remove", "removeAll"):
        code.edits.replace(statement, "pass")
        code.note(call.lineno, f"dbutils.widgets.{kind} is left out: a script has no widgets")
        return
    if kind not in _ARGUMENTS:
        return
    given: dict[str, ast.expr] = dict(zip(_ARGUMENTS[kind], call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    name, default = string_of(given.get("name")), given.get("defaultValue")
    if name is None:
        what = "the name of a widget is computed"
        code.leave_to_do(call.lineno, what, "make the widget an option of parse_parameters")
        return
    choices = _strings(given.get("choices")) if kind == _WITH_CHOICES_ONLY else ()
    parameter = _parameter(parameters, name, choices=choices, label=string_of(given.get("label")) or "")
    value = string_of(default)
    if default is not None and value is None:
        _parameter(parameters, name, optional=True)
        target = f"{code.parameters}.{parameter.attribute}"
        start = f"{target} = {target} if {target} is not None else {code.builtin('str', call)}("
        code.edits.replace_between(start_of(statement), start_of(default), start)
        code.edits.replace_between(end_of(default), end_of(statement), ")")
        return
    code.edits.replace(statement, "pass")
    code.handled |= {id(node) for node in ast.walk(call)}
    if value is not None and credential_kind(value, name, code.find_secret):
        what = f"the default of {name} was a credential, so --{parameter.option} is required"
        code.note(call.lineno, what)
    else:
        _parameter(parameters, name, default=value or "")


def _read_widget(call: ast.Call) -> str | None:
    """Return the name of the widget that a call reads."""
    if dotted(call.func) not in ("dbutils.widgets.get", "dbutils.widgets.getArgument", "getArgument"):
        return None
    named = (one.value for one in call.keywords if one.arg == "name")
    return string_of(call.args[0] if call.args else next(named, None))


def _replace_questions(code: Rewriting, parameters: dict[str, Parameter]) -> None:
    """Replace `name = input("…")` at module level, but not in a loop, which may ask again."""
    for statement in code.tree.body:
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
            and target.id not in parameters
        ):
            label = (string_of(value.args[0]) if value.args else None) or ""
            parameter = _parameter(parameters, target.id, label=label.strip(" :?>"))
            code.edits.replace(value, f"{code.parameters}.{parameter.attribute}")
            what = f"input() asked for {target.id}: it is the parameter --{parameter.option} now"
            code.note(statement.lineno, what)


def _strings(node: ast.expr | None) -> tuple[str, ...]:
    """Return the items of a list of string literals; none where one is something else."""
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    texts = [text for item in items if (text := string_of(item)) is not None]
    return tuple(texts) if len(texts) == len(items) else ()
