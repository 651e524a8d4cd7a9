"""Shell completion from the table of commands: neither Typer nor a command is loaded for it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from .command_table import GROUPS, summary, texts, words

VARIABLE = "_HERMES_COMPLETE"

Offer = dict[str, str]  # each word that fits, and its help
_Options = dict[str, tuple[str, str]]  # each name, with what its value is and its help


def answer(environ: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the text and the exit code that the shell asks for; None where Typer must answer.

    The shells' own parts are those that Typer installs, with its variables.
    """
    asked = environ[VARIABLE]
    if asked == "complete_bash":
        typed = _split(environ.get("COMP_WORDS", ""))
        place = environ.get("COMP_CWORD", "")
        number = int(place) if place.isdigit() else len(typed)
        offer = complete(typed[1:number], (typed[number:] or [""])[0])
        return "\n".join(offer), 0
    line = environ.get("_TYPER_COMPLETE_ARGS", "")
    typed = _split(line)[1:]
    word = typed.pop() if typed and not line.endswith(" ") else ""
    if asked == "complete_zsh":
        return _for_zsh(complete(typed, word)), 0
    if asked == "complete_fish":
        offer = complete(typed, word)
        if environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            return "", 0 if offer else 1
        return "\n".join(f"{name}\t{text}" if text else name for name, text in offer.items()), 0
    return None


def complete(before: list[str], word: str) -> Offer:
    """Return the words that may come after those `before` on the line and that start with `word`.

    Nothing where a file may come as well: the shell then offers files.
    """
    return {name: text for name, text in _possible(before, word) if name.startswith(word)}


def _possible(before: list[str], word: str) -> Iterator[tuple[str, str]]:
    options = _options(texts()["before"])
    name, rest = _command(before, options)
    group = name if name in GROUPS else ""
    command = None
    if name and not group:
        command = texts()["commands"].get(name)
        if command is None or "--" in rest:
            return
        options = _options([*texts()["every"], *command["options"]])
    last = rest[-1] if rest else ""
    if last in options and options[last][0]:
        yield from _values(options[last][0])
    elif word.startswith("-"):
        yield from ((option, text) for option, (_, text) in options.items() if option.startswith("--"))
    elif command is not None:
        yield from _values(command["arguments"])
    else:
        yield from ((one, summary(f"{group} {one}".strip())) for one in words(group))


def _options(rows: list[tuple[list[str], str, str]]) -> _Options:
    return {name: (value, text) for names, value, text in rows for name in names}


def _command(before: list[str], options: _Options) -> tuple[str, list[str]]:
    """Return the command that was typed, if any, or its group; and the words after it."""
    name = ""
    takes = False
    for number, word in enumerate(before):
        if takes:
            takes = False
        elif word.startswith("-"):
            takes = word in options and bool(options[word][0])
        elif word in GROUPS and not name:
            name = word
        else:
            return f"{name} {word}".strip(), before[number + 1 :]
    return name, before


def _values(kind: str) -> Iterator[tuple[str, str]]:
    if kind == "environment":
        yield from ((name, "") for name in _environments(_root()))
    elif kind == "project":
        yield from ((name, "") for name in _projects(_root()))
    elif "|" in kind:
        yield from ((name, "") for name in kind.split("|"))


def _root() -> Path | None:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "hermes.toml").is_file()), None)


def _environments(root: Path | None) -> list[str]:
    # A line of TOML is enough here: a parser takes longer than the rest together.
    names = {"local": None}
    for line in root.joinpath("hermes.toml").read_text("utf-8", "replace").splitlines() if root else ():
        head, _, name = line.strip().partition(".")
        if head == "[environments" and name.endswith("]"):
            names[name[:-1].strip("\"' ")] = None
    return [name for name in names if _is_plain(name)]


def _projects(root: Path | None) -> list[str]:
    with os.scandir(root or ".") as entries:
        names = [entry.name for entry in entries if Path(entry.path, "pyproject.toml").is_file()]
    return sorted(name for name in names if root and _is_plain(name))


def _is_plain(name: str) -> bool:
    """Return whether a shell takes the name without quotation marks."""
    return name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation mark that is not closed yet
        return line.split()


def _for_zsh(offer: Offer) -> str:
    if not offer:
        return "_files"
    rows = "\n".join(f'"{name}":"{_quoted(text)}"' if text else f'"{name}"' for name, text in offer.items())
    return f"_arguments '*: :(({rows}))'"


def _quoted(text: str) -> str:
    """Quote a help text for double quotes within single ones, where a colon ends the word."""
    for mark in ("\\", '"', "$", "`"):
        text = text.replace(mark, "\\" + mark)
    return text.replace("'", "'\\''").replace(":", "\\\\:")
