"""Find calls that know folders only, on a place that is a bucket on a cluster."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .flow import Use
from .parsed_script import ParsedScript
from .script_fault import ScriptFault
from .syntax_tree import string_of
from .values import PATHS, Place

_OPENS = frozenset(
    """
    open io.open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile sqlite3.connect
    os.open logging.FileHandler
    """.split()  # noqa: SIM905
)
_OF_FOLDERS = re.compile(
    r"os\.(?:makedirs|mkdir|listdir|scandir|walk|remove|unlink|rename|replace|rmdir|removedirs|stat|chdir|access)"
    r"|os\.path\.(?:exists|isfile|isdir|getsize|getmtime|abspath|realpath|normpath)"
    r"|shutil\.\w+|glob\.i?glob"
)
_WRITERS = frozenset(
    """
    numpy.save numpy.savez numpy.savez_compressed numpy.savetxt numpy.load numpy.fromfile joblib.dump joblib.load
    torch.save torch.load
    """.split()  # noqa: SIM905
)
_SCHEME = re.compile(r"s3a?(?::(?://)?)?|(?:file|dbfs):(?://)?|://")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# Only the name is asked for, and that is the same of a bucket's key.
_OF_NAMES = frozenset({"name", "stem", "suffix", "suffixes"})


def place_faults(script: ParsedScript) -> Iterator[ScriptFault]:
    """Yield such calls, but not those of a function that asks for the scheme, or below a test of the environment."""
    found = [(use, *call) for use in script.uses if (call := _call_on_place(use)) is not None]
    if not found:
        return
    asking = {id(scope) for scope in {use.scope for use, *_ in found} if _asks_for_scheme(scope)}
    named = {
        id(one.value) for one, _ in script.nodes if isinstance(one, ast.Attribute) and one.attr in _OF_NAMES
    }
    for use, place, what, cure in found:
        if not (
            id(use.scope) in asking or id(use.node) in named or use.guard.asks_about("HERMES_ENV", "local")
        ):
            yield ScriptFault(
                rule="script-place",
                line=use.node.lineno,
                what=f"{what} knows folders only, and on a cluster {place.variable} is a bucket (s3://…)",
                cure=cure,
            )


def _call_on_place(use: Use) -> tuple[Place, str, str] | None:
    """Return the place that a call gets, and the call's name and cure; None for any other call."""
    if not isinstance(use.node, ast.Call):
        return None
    arguments = [*use.node.args, *(word.value for word in use.node.keywords)]
    place = next((value for one in arguments[:2] if isinstance(value := use.value(one), Place)), None)
    if place is None:
        return None
    function = use.function or ""
    if function in PATHS:
        return (
            place,
            function.removeprefix("pathlib."),
            'keep it a text, as in f"{place}/name", for fsspec.open',
        )
    if function in _OPENS:
        return place, function, "open it with fsspec.open, which knows both, and use that file"
    if function in _WRITERS:
        return place, function, 'give it a file: with fsspec.open(…, "wb") as file'
    if use.attribute == "savefig":
        return place, "savefig", 'give it a file: with fsspec.open(…, "wb") as file: …savefig(file)'
    if _OF_FOLDERS.fullmatch(function):
        return place, function, "ask the file system of the place: files, path = fsspec.url_to_fs(place)"
    return None


def _asks_for_scheme(scope: ast.AST) -> bool:
    """Tell whether code looks at the scheme of an address, and so may do another thing for each."""
    roots: list[ast.AST] = [scope]
    if isinstance(scope, ast.Module):
        roots = [one for one in scope.body if not isinstance(one, _DEFINITIONS)]
    return any(
        _SCHEME.fullmatch(string_of(part) or "")
        or (isinstance(part, ast.Attribute) and part.attr == "scheme")
        for root in roots
        for part in ast.walk(root)
    )
