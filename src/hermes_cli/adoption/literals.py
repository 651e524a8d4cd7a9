"""Credentials and places of one machine that stand in the text of a notebook."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator

from .credentials import holds_credential, kind_of
from .edits import Edits
from .flatten import Flat
from .parameters import dotted
from .secret_names import where_to_write
from .values import MARK, SecretFinder, SourceText, quoted

_ABSOLUTE = re.compile(
    r"[A-Za-z]:[\\/]|\\\\\w|(?:file:/+)?/(?:dbfs|home|Users|root|mnt|content|kaggle|Volumes|Workspace|data|tmp|srv)/"
    r"|dbfs:/|~[/\\]|file:/"
)
_DATA_FILE = re.compile(
    r"[\w .()/\\-]+\.(?:csv|tsv|xlsx?|parquet|jsonl?|pkl|pickle|feather|h5|hdf5|db|sqlite3?|txt|xml|ya?ml|zip|gz"
    r"|orc|avro|joblib|png|jpe?g|pdf|html|ini|sql)",
    re.IGNORECASE,
)
_FILE_CALL = re.compile(
    r"(?:.*\.)?(?:open|Path|read\w*|to_\w+|load\w*|save\w*|dump\w*|write\w*|connect|ExcelWriter|ExcelFile|imread"
    r"|imwrite|glob|listdir|exists|csv|parquet|json|genfromtxt|from_csv|scan_\w+|makedirs)"
)
_GONE = "(left out: it held a credential)"


class Literals:
    """Takes credentials out of a source, and tells of paths; what it tells never holds a credential."""

    def __init__(self, source: SourceText, flat: Flat, edits: Edits, secret: SecretFinder) -> None:
        self._source = source
        self._flat = flat
        self._edits = edits
        self._secret = secret

    def look(self, tree: ast.Module, handled: Collection[int] = ()) -> None:
        """Look at every text and every comment, but not at nodes that were handled already."""
        plain = {id(node.value): node for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inner: set[int] = set(handled)
        hints = dict(_hints(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and id(node) not in inner:
                # Before Python 3.12 what is within has no place of its own, so it is taken out as a whole.
                parts = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
                inner |= {id(part) for part in ast.walk(node)}
                texts = [part.value for part in parts if isinstance(part.value, str)]
                self._text(node, texts, hints.get(id(node), ""), bare=False)
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, (str, bytes))
                and id(node) not in inner
            ):
                value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                self._text(node, [value], hints.get(id(node), ""), bare=id(node) in plain)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            self._files(call)
        self._comments()

    def _text(self, node: ast.expr, texts: list[str], hint: str, *, bare: bool) -> None:
        kind = next((found for text in texts if (found := kind_of(text, hint, self._secret))), None)
        place = self._source.place(node.lineno)
        if kind and bare:
            self._edits.replace(node, repr(_GONE))
            self._flat.note(place, f"a text that holds {kind} is left out")
        elif kind:
            hint = hint if re.search(r"[A-Za-z0-9]", hint) else kind.removeprefix("an ").removeprefix("a ")
            name = self._flat.secret(hint, "\0".join(texts))
            self._edits.replace(node, f'os.environ["{name}"]')
            self._flat.imports.add("os")
            todo = f"change it, because it was in a file; then {where_to_write(name)}"
            self._flat.note(place, f"{kind} stands here; it is taken out", todo)
            self._flat.mark(place, f"{kind} stood here: {where_to_write(name)}")
        elif texts and not bare and _ABSOLUTE.match(texts[0]) and "\n" not in texts[0]:
            todo = "read below HERMES_INPUT and write below HERMES_PRODUCTS"
            self._flat.ask(place, f"{quoted(_short(texts[0]))} is a path of one machine", todo)

    def _files(self, call: ast.Call) -> None:
        if not _FILE_CALL.fullmatch(dotted(call.func) or _attribute(call.func)):
            return
        for node in (part for argument in call.args[:1] for part in _texts_of(argument)):
            text = str(node.value)
            if _DATA_FILE.fullmatch(text) and not _ABSOLUTE.match(text) and not text.startswith("/"):
                todo = (
                    "read it below HERMES_INPUT, write below HERMES_PRODUCTS: a job has no folder of its own"
                )
                place, shown = self._source.place(node.lineno), quoted(_short(text))
                self._flat.note(place, f"{shown} is a file of this folder", todo)
                self._flat.mark(place, f"{shown} is a file of the folder that this came from: {todo}")

    def _comments(self) -> None:
        for token in tokenize.generate_tokens(io.StringIO(self._source.text).readline):
            if token.type == tokenize.COMMENT and holds_credential(token.string, self._secret):
                line, column = token.start
                gone = f"# {MARK}: {_GONE}" if MARK in token.string else f"# {_GONE}"
                before = len(token.line[:column].encode())
                self._edits.span((line, before), (line, before + len(token.string.encode())), gone)
                self._flat.note(self._source.place(line), "a comment that holds a credential is left out")


def _hints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names that tell what a text is: of a variable, a key, an argument, or the text before it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, value in zip(target.elts, node.value.elts, strict=False):
                        yield id(value), _named(one)
                yield id(node.value), _named(target)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            yield id(node.value), _named(node.target)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield id(value), _named(key)
        elif isinstance(node, ast.Call):
            for argument, following in zip(node.args, node.args[1:], strict=False):
                if isinstance(argument, ast.Constant):
                    yield id(following), _named(argument)
            for word in node.keywords:
                first = node.args[0] if node.args and word.arg == "default" else None
                yield id(word.value), _named(first) if first is not None else word.arg or ""
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            given = [*zip(reversed(named), reversed(node.defaults), strict=False)]
            given += [
                (one, default)
                for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
                if default is not None
            ]
            for parameter, default in given:
                yield id(default), parameter.arg


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _named(node.slice)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _attribute(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _texts_of(node: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif isinstance(node, ast.BinOp):
        yield from _texts_of(node.left)
        yield from _texts_of(node.right)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
