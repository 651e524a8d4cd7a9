"""Translate a line of notebook magic to Python, or say why it is left out."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from .findings import quoted, shortened

# They set up the notebook itself, or only inspect it.
_WITHOUT_MEANING = frozenset(
    """
    matplotlib config autoreload load_ext reload_ext aimport precision who whos who_ls history hist
    lsmagic pinfo pinfo2 pdoc psource colors xmode notebook qtconsole doctest_mode capture pprint
    autosave restart_python pwd ls timeit memit prun lprun mprun
    """.split()  # noqa: SIM905
)
_PIP = re.compile(
    r"(?:\{?sys\.executable\}?\s+-m\s+)?(?:python3?\s+-m\s+)?(?:pip3?|uv pip|conda|mamba)\s+install\s+"
)
_GET_IPYTHON = re.compile(r"(\s*)get_ipython\(\)\.(run_line_magic|magic|system)\((.*)\)\s*$")
_FLAGS_WITH_VALUE = frozenset(
    {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-c", "--constraint", "-t", "--target"}
    | {"--channel", "--trusted-host", "-n", "--name", "-p", "--prefix"}
)


@dataclass(frozen=True, kw_only=True)
class Magic:
    """The translation of a magic line.

    `code` is Python, None where the line becomes a comment. `requirements` are those that it installs,
    `files` the lists of requirements that it names, `runs` the notebook that it runs in place, `modules` those
    that the code uses.
    """

    code: str | None = None
    what: str | None = None
    todo: str | None = None
    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    runs: str | None = None
    modules: frozenset[str] = frozenset()


def unwrapped(line: str) -> str:
    """Turn a call of get_ipython(), as exported notebooks have it, back into its magic."""
    match = _GET_IPYTHON.fullmatch(line)
    if not match:
        return line
    try:
        arguments = ast.literal_eval(f"({match[3]},)")
    except (ValueError, SyntaxError):
        return line
    if not all(isinstance(one, str) for one in arguments):
        return line
    return match[1] + ("!" if match[2] == "system" else "%") + " ".join(arguments).strip()


def translate(line: str) -> Magic:
    """Translate a line that starts with %, ! or ?, or that assigns the result of such a magic."""
    text = line.strip()
    if text.startswith("?") or re.fullmatch(r"[\w.*]+\?{1,2}", text):
        return Magic(what=f"{quoted(text)} asks for help and is left out")
    if text.startswith("!"):
        return _shell(text.lstrip("!").strip())
    if not text.startswith("%"):
        return _unknown(text)
    name, _, rest = text.lstrip("%").partition(" ")
    rest = rest.strip()
    if name in ("pip", "conda", "mamba", "uv") and rest.split(" ")[0] == "install":
        return _install(rest.removeprefix("install"))
    if name in ("pip", "conda"):
        return Magic(what=f"%{name} {rest.split(' ')[0]} is left out: Hermes makes the environment")
    if name == "run":
        return _run(rest)
    if name in ("time", "python"):
        return Magic(code=rest or "pass")
    if name in ("env", "set_env"):
        return _environment(text, rest)
    if name == "pylab":
        return Magic(code="from pylab import *")
    if name in _WITHOUT_MEANING:
        return Magic(what=f"%{name} is left out: it has a meaning in a notebook only")
    return _unknown(text)


def _shell(command: str) -> Magic:
    pip = _PIP.match(command)
    if pip:
        return _install(command[pip.end() :])
    return Magic(
        what=f"the shell command {quoted(command)} is left out",
        todo="do it in Python, or before the script runs",
    )


def _unknown(text: str) -> Magic:
    return Magic(what=f"{quoted(text)} is not Python and is left out", todo="write it in Python")


def _run(rest: str) -> Magic:
    try:
        words = shlex.split(rest)
    except ValueError:
        words = []
    words = [word for word in words if word not in ("-i", "-n")]
    if len(words) != 1:
        return Magic(
            what=f"%run {shortened(rest)} is left out: it passes parameters", todo="put its code here"
        )
    return Magic(runs=words[0].removeprefix("$"))


def _environment(text: str, rest: str) -> Magic:
    name, equals, value = rest.partition("=")
    if not equals:
        name, _, value = rest.partition(" ")
    if not re.fullmatch(r"\s*[A-Za-z_]\w*\s*", name) or not value.strip() or re.search(r"[{$]", value):
        return _unknown(text)
    return Magic(code=f"os.environ[{name.strip()!r}] = {value.strip()!r}", modules=frozenset({"os"}))


def _install(rest: str) -> Magic:
    try:
        words = shlex.split(rest, comments=True)
    except ValueError:
        words = rest.split()
    requirements, files, strange = [], [], []
    words.reverse()
    while words:
        word = words.pop()
        if word in ("-r", "--requirement") and words:
            files.append(words.pop())
        elif word in _FLAGS_WITH_VALUE and words:
            words.pop()
        elif word.startswith("-"):
            continue
        elif (requirement := _as_requirement(word)) is not None:
            requirements.append(requirement)
        else:
            strange.append(shortened(word))
    todo = "publish it to a package index, and declare it: hermes add PACKAGE" if strange else None
    what = f"installing {', '.join((*requirements, *files))} is left out: Hermes makes the environment"
    return Magic(
        what=f"installs {', '.join(strange)}, which is not in a package index" if strange else what,
        todo=todo,
        requirements=tuple(requirements),
        files=tuple(files),
    )


def _as_requirement(text: str) -> str | None:
    """Read a requirement as pip or conda writes it; None for a URL, a file or anything else."""
    if re.search(r"[/\\{}$]|\.whl$|\.zip$|\.tar\.gz$", text):
        return None
    text = re.sub(r"(?<![=<>!~])=(?!=)", "==", text)  # conda writes one
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return None if requirement.url else str(requirement)


def requirement_lines(text: str) -> tuple[list[str], list[str]]:
    """Return the requirements of a requirements.txt, and the lines that are not requirements by name."""
    good, strange = [], []
    for line in text.replace("\\\n", " ").splitlines():
        bare = re.split(r"(?:^|\s)#|\s--hash", line)[0].strip()
        if not bare:
            continue
        marker = bare.partition(";")
        requirement = None if bare.startswith("-") else _as_requirement(marker[0].strip())
        if requirement is None:
            strange.append(shortened(bare))
        else:
            good.append(requirement + (f"; {marker[2].strip()}" if marker[1] else ""))
    return good, strange
