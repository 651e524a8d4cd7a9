"""The text of the module: what may stand outside main, then main, in the order of the cells."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from .scopes import Scopes
from .surroundings import Prologue
from .values import Parameter, SourceText

_WIDTH = 100
_INDENT = "    "


@dataclass(kw_only=True)
class ModuleLayout:
    """All that the module is made of; `marks` are remarks by the line of the source that they are about."""

    title: str
    source: SourceText
    tree: ast.Module
    scopes: Scopes
    prologue: Prologue
    parameters: tuple[Parameter, ...]
    imports: Collection[str]
    postponed: bool
    entry: str
    story: str
    waits: bool
    marks: Mapping[int, list[str]]
    docstring: ast.stmt | None = None

    def render(self) -> str:
        """The whole text."""
        lines = self.source.lines
        imports: list[str] = []
        outside: list[str] = []
        inside: list[str] = []
        before: ast.stmt | None = None
        position = 0  # of the first line that is not yet written
        for index, statement in enumerate(self.tree.body):
            start, end = self._first_line(statement), statement.end_lineno or statement.lineno
            above = lines[position : start - 1]
            unmarked = max(start, position + 1)  # a line of several statements is marked once
            position = max(position, end)
            code = self._code(statement)
            marks = [
                f"# TODO(hermes adopt): {mark}"
                for n in range(unmarked, end + 1)
                for mark in self.marks.get(n, ())
            ]
            if statement is self.docstring:
                continue
            if index in self.scopes.outside:
                is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
                own = [] if is_import else _directly_above(above)
                inside += _comments(above[: len(above) - len(own)])
                if outside and not is_import and (_defines(statement) or _defines(before)):
                    outside += ["", ""]
                before = before if is_import else statement
                (imports if is_import else outside).extend(
                    [*([] if is_import else [""]), *own, *marks, *code]
                )
                continue
            inside += [*_comments(above), *marks]
            if not isinstance(statement, ast.Pass):
                inside += code
        inside += _comments(lines[position:])
        return self._assembled(imports, outside, inside)

    def _first_line(self, statement: ast.stmt) -> int:
        decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
        return min([statement.lineno, *(one.lineno for one in decorators)])

    def _code(self, statement: ast.stmt) -> list[str]:
        """A statement's lines, with the comment behind it; each may be indented unless it starts with \\0."""
        first, last = self._first_line(statement), statement.end_lineno or statement.lineno
        lines = list(self.source.lines[first - 1 : last])
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
            # A form feed sets the indent back to nothing, wherever the line stands.
            f"\0{line}" if n in self._in_strings else re.sub(r"^\s*\f", "", line)
            for n, line in enumerate(lines[1:], first + 1)
        ]
        return [lines[0], *rest]

    @cached_property
    def _in_strings(self) -> frozenset[int]:
        """The lines that start within a string: an indent would change it."""
        found: set[int] = set()
        opened: list[int] = []
        for token in tokenize.generate_tokens(io.StringIO(self.source.text).readline):
            name = tokenize.tok_name[token.type]
            if name in ("FSTRING_START", "TSTRING_START"):
                opened.append(token.start[0])
            elif name in ("FSTRING_END", "TSTRING_END"):
                found.update(range(opened.pop() + 1, token.end[0] + 1))
            elif name == "STRING":
                found.update(range(token.start[0] + 1, token.end[0] + 1))
        return frozenset(found)

    def _assembled(self, imports: list[str], outside: list[str], inside: list[str]) -> str:
        own = set(self.imports) | ({"argparse"} if self.parameters else set())
        own |= {"asyncio"} if self.waits else set()
        header = [f"import {name}" for name in sorted(own) if f"import {name}" not in imports]
        parts = [self._docstring()]
        if self.postponed:
            parts.append("from __future__ import annotations")
        if header or imports:
            parts.append("\n".join([*header, *(line.removeprefix("\0") for line in imports)]))
        blocks = [_text(outside)] if outside else []
        blocks += [_parser(self.parameters)] if self.parameters else []
        blocks += [helper.rstrip() for helper in self.prologue.helpers]
        blocks.append(self._main(inside))
        blocks.append(f'if __name__ == "__main__":\n    {self.entry}()')
        return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(blocks) + "\n"

    def _docstring(self) -> str:
        if self.docstring is not None:
            return _text(self._code(self.docstring))
        return f'"""{self.title}."""'

    def _main(self, inside: list[str]) -> str:
        shared = sorted(self.scopes.shared & (self.scopes.bound | self.prologue.names))
        body: list[str] = []
        for name in shared:
            if body and len(body[-1]) + len(name) < _WIDTH:
                body[-1] += f", {name}"
            else:
                body.append(f"global {name}")
        body += [*self.prologue.lines, ""] if self.prologue.lines else []
        body += _stripped(inside)
        if not any(line.strip() and not line.lstrip().startswith("#") for line in body):
            body.append("pass")
        indented = [
            line[1:] if line.startswith("\0") else f"{_INDENT}{line}".rstrip() if line.strip() else ""
            for line in body
        ]
        doc = f'{_INDENT}"""Do what {self.story}."""'
        if self.waits:
            name = f"_{self.entry}_async"
            call = f"def {self.entry}() -> None:\n{doc}\n{_INDENT}asyncio.run({name}())"
            return "\n".join([f"async def {name}() -> None:", *indented]) + f"\n\n\n{call}"
        return "\n".join([f"def {self.entry}() -> None:", doc, *indented])


def _defines(statement: ast.stmt | None) -> bool:
    return isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _directly_above(lines: list[str]) -> list[str]:
    """The comments that touch what follows."""
    own: list[str] = []
    for line in reversed(lines):
        if not line.lstrip().startswith("#"):
            break
        own.insert(0, line)
    return own


def _comments(lines: list[str]) -> list[str]:
    bare = [line.strip() for line in lines]
    return [line for line in bare if not line or line.startswith("#")]


def _stripped(lines: list[str]) -> list[str]:
    """Without empty lines at the ends, and with one at most between others."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or line.startswith("\0") or (kept and kept[-1].strip()):
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _text(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        kept.append(line.removeprefix("\0"))
    while kept and not kept[0].strip():
        kept.pop(0)
    return "\n".join(kept).rstrip("\n")


def _parser(parameters: tuple[Parameter, ...]) -> str:
    lines = [
        "def parse_parameters(arguments: list[str] | None = None) -> argparse.Namespace:",
        f'{_INDENT}"""Read what the script is told: each was a widget or a question."""',
        f"{_INDENT}parser = argparse.ArgumentParser()",
    ]
    for one in parameters:
        facts = [_quoted(f"--{one.option}")]
        if one.attribute != one.option.replace("-", "_"):
            facts.append(f"dest={_quoted(one.attribute)}")
        if one.default is not None:
            facts.append(f"default={_quoted(one.default)}")
        elif not one.optional:
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
