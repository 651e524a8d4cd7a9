"""Lay out the adopted module: imports and definitions, then main with all else in the order of the cells."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hermes_cli.script_analysis.syntax_tree import at_module_level, docstring_of, first_line_of

from .notebook_globals import Prologue
from .rewriting import Rewriting
from .scopes import Scopes
from .widgets import Parameter

_WIDTH = 100
_INDENT = "    "


@dataclass(kw_only=True)
class ModuleLayout:
    """The parts of the module.

    `entry` is the name of its main, `purpose` the end of that one's docstring; `helpers` are functions that
    the code needs, `postponed` tells that annotations are.
    """

    title: str
    code: Rewriting
    scopes: Scopes
    prologue: Prologue
    helpers: Sequence[str]
    parameters: Sequence[Parameter]
    entry: str
    purpose: str
    postponed: bool
    keeps_docstring: bool

    def render(self) -> str:
        """Return the text of the module."""
        tree, docstring = self.code.tree, self._own_docstring
        imports: list[str] = []
        outside: list[str] = []
        inside: list[str] = []
        before: ast.stmt | None = None
        position = 0  # of the first line that is not yet written
        for index, statement in enumerate(tree.body):
            start, end = first_line_of(statement), statement.end_lineno or statement.lineno
            above = self._comments_between(position + 1, start)
            unmarked = max(start, position + 1)  # a line of several statements is marked once
            position = max(position, end)
            marks = [mark for line in range(unmarked, end + 1) for mark in self._marks.get(line, ())]
            code = self._code(statement)
            if statement is docstring:
                continue
            if index in self.scopes.outside:
                is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
                own = [] if is_import else _directly_above(above)
                inside += above[: len(above) - len(own)]
                if outside and not is_import and (_defines(statement) or _defines(before)):
                    outside += ["", ""]
                before = before if is_import else statement
                (imports if is_import else outside).extend(
                    [*([] if is_import else [""]), *own, *marks, *code]
                )
                continue
            inside += [*above, *marks]
            if not isinstance(statement, ast.Pass):
                inside += code
        inside += self._comments_between(position + 1, len(self.code.source.lines) + 1)
        return self._assembled(imports, outside, inside)

    @cached_property
    def _marks(self) -> dict[int, list[str]]:
        return self.code.marks()

    @property
    def _own_docstring(self) -> ast.stmt | None:
        return docstring_of(self.code.tree) if self.keeps_docstring else None

    def _comments_between(self, first: int, end: int) -> list[str]:
        """Return the comments, marks and empty lines before line `end`."""
        bare = [
            text.strip()
            for line in range(first, end)
            for text in (*self._marks.get(line, ()), self.code.source.lines[line - 1])
        ]
        return [text for text in bare if not text or text.startswith("#")]

    def _code(self, statement: ast.stmt) -> list[str]:
        """Return a statement's lines, with the comment behind it; \\0 starts those that must not be indented."""
        first, last = first_line_of(statement), statement.end_lineno or statement.lineno
        lines = list(self.code.source.lines[first - 1 : last])
        encoded = lines[-1].encode()
        tail = encoded[statement.end_col_offset :].decode().strip()
        comment = (
            tail if tail.startswith("#") else tail.lstrip("; ") if tail.lstrip("; ").startswith("#") else ""
        )
        lines[-1] = encoded[: statement.end_col_offset].decode()
        if first == statement.lineno:  # another statement may stand before it
            lines[0] = lines[0].encode()[statement.col_offset :].decode()
        lines[-1] += f"  {comment}" if comment else ""
        rest = [
            # A form feed sets the indent back to nothing, wherever the line is.
            f"\0{line}" if n in self._in_strings else re.sub(r"^\s*\f", "", line)
            for n, line in enumerate(lines[1:], first + 1)
        ]
        return [lines[0], *rest]

    @cached_property
    def _in_strings(self) -> frozenset[int]:
        """The numbers of lines that start within a string, which an indent would change."""
        found: set[int] = set()
        opened: list[int] = []
        for token in tokenize.generate_tokens(io.StringIO(self.code.source.text).readline):
            name = tokenize.tok_name[token.type]
            if name in ("FSTRING_START", "TSTRING_START"):
                opened.append(token.start[0])
            elif name in ("FSTRING_END", "TSTRING_END"):
                found.update(range(opened.pop() + 1, token.end[0] + 1))
            elif name == "STRING":
                found.update(range(token.start[0] + 1, token.end[0] + 1))
        return frozenset(found)

    def _assembled(self, imports: list[str], outside: list[str], inside: list[str]) -> str:
        docstring = self._own_docstring
        parts = [_text(self._code(docstring)) if docstring is not None else f'"""{self.title}."""']
        if self.postponed:
            parts.append("from __future__ import annotations")
        blocks = [_text(outside)] if outside else []
        blocks += [_parser(self.parameters, self.code)] if self.parameters else []
        blocks += [helper.rstrip() for helper in self.helpers]
        blocks.append(self._main(inside))
        header = [line for line in self.code.import_lines() if line not in imports]
        if header or imports:
            parts.append("\n".join([*header, *(line.removeprefix("\0") for line in imports)]))
        blocks.append(f'if __name__ == "__main__":\n    {self.entry}()')
        return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(blocks) + "\n"

    @property
    def _waits(self) -> bool:
        waiting = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        return any(isinstance(node, waiting) for node in at_module_level(self.code.tree))

    def _main(self, inside: list[str]) -> str:
        body: list[str] = []
        for name in sorted(self.scopes.shared):
            if body and len(body[-1]) + len(name) < _WIDTH:
                body[-1] += f", {name}"
            else:
                body.append(f"global {name}")
        first = [f"{self.code.parameters} = {self.code.parser}()"] if self.parameters else []
        first += self.prologue.lines
        body += [*first, ""] if first else []
        body += _stripped(inside)
        if not any(line.strip() and not line.lstrip().startswith("#") for line in body):
            body.append("pass")
        indented = [
            line[1:] if line.startswith("\0") else f"{_INDENT}{line}".rstrip() if line.strip() else ""
            for line in body
        ]
        doc = f'{_INDENT}"""Do what {self.purpose}."""'
        if self._waits:
            name = self.code.names.free(f"_{self.entry}_async")
            run = f"{self.code.module('asyncio')}.run({name}())"
            call = f"def {self.entry}() -> None:\n{doc}\n{_INDENT}{run}"
            return "\n".join([f"async def {name}() -> None:", *indented]) + f"\n\n\n{call}"
        return "\n".join([f"def {self.entry}() -> None:", doc, *indented])


def _defines(statement: ast.stmt | None) -> bool:
    return isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _directly_above(lines: list[str]) -> list[str]:
    """Return the comments that touch the line after them."""
    own: list[str] = []
    for line in reversed(lines):
        if not line.lstrip().startswith("#"):
            break
        own.insert(0, line)
    return own


def _stripped(lines: list[str]) -> list[str]:
    """Drop empty lines at the ends, and all but one between others."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or line.startswith("\0") or (kept and kept[-1].strip()):
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _text(lines: list[str]) -> str:
    kept = [line.removeprefix("\0") for line in lines]
    while kept and not kept[0].strip():
        kept.pop(0)
    return "\n".join(kept).rstrip("\n")


def _parser(parameters: Sequence[Parameter], code: Rewriting) -> str:
    argparse = code.module("argparse")
    lines = [
        f"def {code.parser}(arguments: list[str] | None = None) -> {argparse}.Namespace:",
        f'{_INDENT}"""Read the options of the script: each was a widget or a question of the notebook."""',
        f"{_INDENT}parser = {argparse}.ArgumentParser()",
    ]
    for one in parameters:
        facts = [_quoted(f"--{one.option}")]
        if one.attribute != one.option.replace("-", "_"):
            facts.append(f"dest={_quoted(one.attribute)}")
        if one.default is not None:
            facts.append(f"default={_quoted(one.default)}")
        elif one.required:
            facts.append("required=True")
        if one.choices:
            facts.append(f"choices=[{', '.join(map(_quoted, one.choices))}]")
        if one.label:
            facts.append(f"help={_quoted(one.label.replace('%', '%%'))}")
        lines.append(f"{_INDENT}parser.add_argument({', '.join(facts)})")
    lines.append(f"{_INDENT}return parser.parse_args(arguments)")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    plain = '"' not in text and "\\" not in text and text.isprintable()
    return f'"{text}"' if plain else repr(text)
