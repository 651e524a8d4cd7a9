"""The cookiecutter template that a repo is made from: found, asked about, rendered."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hermes_cli import __version__
from hermes_cli.domain.errors import Conflict, HermesError, InvalidInput, Refused, reason_of
from hermes_cli.domain.names import did_you_mean

_BUNDLED = "bundled:"
# The @ of a ref is the last one, and that of an ssh user comes before the path.
_GIT_URL = re.compile(
    r"(?:git\+)?(?P<url>(?P<host>(?P<scheme>[a-z]+)://[^/]*/|[\w.+-]+@[\w.-]+:)(?P<path>.+?))(?:@(?P<ref>[^@]+))?"
)
_GIT_PROTOCOLS = ("file", "git", "http", "https", "ssh")
_STAGING = ".hermes-new-"
# Installers compile what ends with .py, and the caches would be rendered too.
_NOT_PART_OF_IT = ("__pycache__", "*.pyc", ".git", f"{_STAGING}*")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A template on this machine.

    `spec` finds it again, and `version` tells which state of it this is: Hermes's own version for
    a bundled one, a commit for git (with `-dirty` for edits in a folder), else empty.
    """

    spec: str
    path: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that a template wants to know; `prompt` is None where it has no wording for it."""

    name: str
    prompt: str | None
    default: str
    choices: tuple[str, ...] = ()


def bundled() -> Path:
    """The folder with the templates that came with this Hermes. Raises `HermesError`."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "templates", here.parents[3] / "templates"):
        if (folder / "project" / "cookiecutter.json").is_file():
            return folder
    raise HermesError(
        f"the templates that belong to Hermes are missing beside {here.parents[1]}",
        hint="install Hermes again",
    )


@contextmanager
def resolve(spec: str) -> Iterator[Source]:
    """Bring a template here for the time of the `with` block.

    `spec` is `bundled:NAME`, a folder, or a git URL, which may end with `@` and a branch, tag or
    commit. Raises `InvalidInput` for anything else, `HermesError` where git fails.
    """
    if spec.startswith(_BUNDLED):
        yield Source(spec=spec, path=_bundled(spec.removeprefix(_BUNDLED)), version=__version__)
    elif url := _GIT_URL.fullmatch(spec):
        if url["scheme"] in ("http", "https") and "@" in url["host"]:
            raise InvalidInput(
                "the template's URL holds credentials, and it would be written to hermes.toml",
                hint="take out what stands before the @, and let git's credential helper know it",
            )
        with tempfile.TemporaryDirectory(prefix="hermes-template-") as temporary:
            folder = Path(temporary)
            yield Source(spec=spec, path=folder, version=_fetch(url["url"], url["ref"] or "HEAD", folder))
    elif (folder := Path(spec).expanduser().resolve()).is_dir():
        yield Source(spec=str(folder), path=folder, version=_state_of(folder))
    else:
        raise InvalidInput(
            f"there is no template {spec!r}: it is neither a bundled one, nor a folder, nor a git URL",
            hint="--template bundled:project",
        )


def questions(
    source: Path, answers: Mapping[str, str] | None = None, *, trusted: bool = False
) -> tuple[Question, ...]:
    """What the template wants to know, in its order; defaults may depend on the `answers` so far.

    Raises `InvalidInput`, `Refused`.
    """
    with _told(source):
        declared = _declared(source, trusted)
        values = _context(source, answers or {}, trusted)["cookiecutter"]
        prompts = declared.get("__prompts__", {})
        return tuple(
            Question(name=name, prompt=_text(prompts, name), default=str(values[name]), choices=_choices(raw))
            for name, raw in declared.items()
            if not name.startswith("_") and not isinstance(raw, dict)
        )


def render(source: Path, answers: Mapping[str, str], into: Path, *, trusted: bool = False) -> Path:
    """Make a repo from the template in a new folder of `into`, and return that folder.

    `into` must be there. All or nothing. Hooks never run, and nothing of the user's cookiecutter
    settings is read or written; but Jinja's expressions are not confined, so a template is to be
    trusted like code. Answers to questions that the template does not ask are ignored. Raises
    `Conflict` where the folder is there already, `Refused` for a template with symlinks, extensions
    or paths that lead out of it, and `InvalidInput` for one that does not render.
    """
    from cookiecutter.generate import generate_files
    from cookiecutter.utils import create_env_with_context
    from jinja2 import TemplateError

    with _told(source), tempfile.TemporaryDirectory(prefix=_STAGING, dir=into) as folder:
        temporary = Path(folder)
        context = _context(source, answers, trusted)
        context["cookiecutter"]["_template"] = str(source)
        environment = create_env_with_context(context)

        def rendered(path: str) -> str:
            try:
                return str(environment.from_string(path).render(**context))
            except TemplateError as error:
                raise InvalidInput(f"the template {source} fails: {path}: {error.message}") from error

        template = temporary / "template"
        shutil.copytree(source, template, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_PART_OF_IT))
        _check_paths(template, context, rendered)
        made = Path(generate_files(template, context, output_dir=temporary / "made", accept_hooks=False))
        _keep_chosen(made, context, rendered)
        repo = into / made.name
        if repo.exists() or repo.is_symlink():
            raise Conflict(f"{repo} is there already", hint="choose another name, or another folder")
        return made.rename(repo)


def _bundled(name: str) -> Path:
    folder = bundled()
    known = {path.parent.name for path in folder.glob("*/cookiecutter.json")}
    if name not in known:
        has = ", ".join(sorted(known))
        raise InvalidInput(f"Hermes has no template {name!r}, but {has}", hint=did_you_mean(name, known))
    return folder / name


def _fetch(url: str, ref: str, folder: Path) -> str:
    _git(folder, "init", "--quiet", "--template=")
    _git(folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, ref)
    _git(folder, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    return _git(folder, "rev-parse", "HEAD")


def _state_of(folder: Path) -> str:
    try:
        return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except HermesError:
        return ""


def _git(folder: Path, *arguments: str) -> str:
    # Inside a git hook these would point at another repository.
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    environment = {k: v for k, v in os.environ.items() if k not in elsewhere}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": ":".join(_GIT_PROTOCOLS)}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise HermesError("git is not there to fetch the template with", hint="install git") from None
    if done.returncode:
        raise HermesError(
            f"git could not fetch the template ({arguments[0]})",
            hint="check the URL, what stands after its @, and that you may read it",
            detail=done.stderr.strip() or None,
        )
    return done.stdout.strip()


def _declared(source: Path, trusted: bool) -> dict[str, Any]:
    """What cookiecutter.json says, if it asks for nothing that would run code of its own."""
    file = source / "cookiecutter.json"
    try:
        declared = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{source} is no template: it has no cookiecutter.json") from None
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from error
    if not isinstance(declared, dict):
        raise InvalidInput(f"{file} must be an object of questions and their defaults")
    if {"template", "templates"} & declared.keys():
        raise InvalidInput(f"{file} offers several templates", hint="name the folder of one of them")
    foreign = [str(name) for name in declared.get("_extensions", ())]
    if not trusted and any(not name.startswith("cookiecutter.extensions.") for name in foreign):
        raise Refused(
            f"the template {source} asks for extensions, which are code: {', '.join(foreign)}",
            hint="use a template without _extensions",
        )
    return declared


def _context(template: Path, answers: Mapping[str, str], trusted: bool) -> dict[str, Any]:
    """The values of all variables: the answers, and the defaults of what was not answered."""
    from cookiecutter.generate import generate_context
    from cookiecutter.prompt import prompt_for_config

    declared = _declared(template, trusted)
    given = {k: v for k, v in answers.items() if k in declared and not k.startswith("_")}
    for name, value in given.items():
        # Cookiecutter renders answers as if they were templates.
        if re.search(r"\{[{%#]", value):
            raise InvalidInput(f"{name}: {value!r} is itself a template", hint="leave out {{ and {%")
        choices = _choices(declared[name])
        if choices and value not in choices:
            hint = did_you_mean(value, choices)
            raise InvalidInput(f"{name}: {value!r} is not one of {', '.join(choices)}", hint=hint)
    context: dict[str, Any] = generate_context(str(template / "cookiecutter.json"), extra_context=given)
    context["_cookiecutter"] = {k: v for k, v in context["cookiecutter"].items() if not k.startswith("_")}
    context["cookiecutter"] = {**context["cookiecutter"], **prompt_for_config(context, no_input=True)}
    return context


def _choices(raw: object) -> tuple[str, ...]:
    return tuple(str(choice) for choice in raw) if isinstance(raw, list) else ()


def _text(prompts: dict[str, Any], name: str) -> str | None:
    prompt = prompts.get(name)
    text = prompt.get("__prompt__") if isinstance(prompt, dict) else prompt
    return str(text) if text else None


def _check_paths(template: Path, context: dict[str, Any], rendered: Callable[[str], str]) -> None:
    """Before anything is written: every path must stay in the folder that is made."""
    from cookiecutter.find import find_template
    from cookiecutter.utils import create_env_with_context

    for path in template.rglob("*"):
        if path.is_symlink():
            name = path.relative_to(template)
            raise Refused(f"the template holds a symlink: {name}", hint="make it a file")
    root = Path(find_template(template, create_env_with_context(context)))
    repo = rendered(root.name)
    if repo in ("", ".", "..") or "/" in repo:
        raise Refused(f"{repo!r} cannot be the name of the repo's folder", hint="choose another name")
    for path in sorted(root.rglob("*")):
        _inside(rendered(path.relative_to(root).as_posix()))


def _inside(path: str) -> str:
    normal = posixpath.normpath(path)
    if normal.startswith(("/", "../")) or normal == "..":
        raise Refused(f"a path of the template leads out of the repo: {path}")
    return normal


def _keep_chosen(repo: Path, context: dict[str, Any], rendered: Callable[[str], str]) -> None:
    """Delete each path whose variables have other values than `_only` asks for."""
    values = context["cookiecutter"]
    for written, wanted in values.get("_only", {}).items():
        path = repo / _inside(rendered(written))
        if path == repo or not path.exists():
            raise InvalidInput(f"_only in cookiecutter.json: the template does not make {written}")
        if any(values.get(name) != value for name, value in wanted.items()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def _told(source: Path) -> Iterator[None]:
    """Translate what cookiecutter and Jinja raise; expressions of a template can raise anything."""
    from cookiecutter.exceptions import UndefinedVariableInTemplate
    from jinja2 import TemplateSyntaxError

    try:
        yield
    except HermesError:
        raise
    except OSError as error:
        raise HermesError(f"the template {source} could not be rendered: {reason_of(error)}") from error
    except UndefinedVariableInTemplate as error:
        # Its own text holds every answer.
        raise InvalidInput(f"the template {source} fails: {error.message}: {error.error.message}") from error
    except TemplateSyntaxError as error:
        where = f"{error.filename or error.name}, line {error.lineno}"
        raise InvalidInput(f"the template {source} fails: {where}: {error.message}") from error
    except Exception as error:
        raise InvalidInput(f"the template {source} fails: {type(error).__name__}: {error}") from error
