"""Render a template to a folder: whole or not at all."""

from __future__ import annotations

import posixpath
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput, Refused

from .template_archives import NOT_TEMPLATE_FILES
from .template_trust import code_policy, translated_errors
from .template_variables import context_of

_STAGING = ".hermes-new-"


def render(
    source: Path,
    answers: Mapping[str, str],
    into: Path,
    *,
    trusted: bool = False,
    compiled: Path | None = None,
) -> Path:
    """Make a repo from the template in a new folder of `into`, and return that folder.

    `into` must be there. All or nothing, and nothing of the user's cookiecutter settings is read or
    written. Code of the template (hooks, extensions) runs only where it is `trusted`. Answers to
    questions that the template does not ask are ignored. What Jinja makes of the template's files is kept
    in the folder `compiled` for the next time. Raises `Conflict` where the folder is
    there already, `Refused` for a template with symlinks, with paths that lead out of it or into a
    `.git`, or with code that is not trusted, and `InvalidInput` for one that does not render.
    """
    from cookiecutter.generate import generate_files

    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=_existing_folder(source, into)) as folder:
        temporary = Path(folder)
        template = temporary / "template"
        with code_policy(template, trusted, compiled), translated_errors(source):
            shutil.copytree(
                source,
                template,
                symlinks=True,
                ignore=shutil.ignore_patterns(*NOT_TEMPLATE_FILES, f"{_STAGING}*"),
            )
            context = context_of(source, answers, trusted)
            context["cookiecutter"]["_template"] = str(source)
            rendered = _renderer(source, context)
            _check_paths(template, context, rendered)
            made = generate_files(template, context, output_dir=temporary / "made", accept_hooks=trusted)
            _keep_chosen(Path(made), context, rendered)
        repo = into / Path(made).name
        if repo.exists() or repo.is_symlink():
            raise Conflict(f"{repo} is there already", hint="choose another name, or another folder")
        return Path(made).rename(repo)


def paths_made_once(source: Path, answers: Mapping[str, str], *, trusted: bool = False) -> tuple[str, ...]:
    """Return the paths that only a new repo gets from the template (its `_once`), with these answers.

    Raises `InvalidInput`, `Refused`.
    """
    with code_policy(source, trusted), translated_errors(source):
        context = context_of(source, answers, trusted)
        rendered = _renderer(source, context)
        return tuple(_inside(rendered(str(path))) for path in context["cookiecutter"].get("_once", ()))


def _existing_folder(source: Path, into: Path) -> Path:
    if not into.is_dir():
        raise HermesError(f"the template {source} could not be rendered: there is no folder {into}")
    return into


def _renderer(source: Path, context: dict[str, Any]) -> Callable[[str], str]:
    from cookiecutter.utils import create_env_with_context
    from jinja2 import TemplateError

    environment = create_env_with_context(context)
    starts = [getattr(environment, f"{kind}_start_string") for kind in ("variable", "block", "comment")]
    lines = environment.line_statement_prefix or environment.line_comment_prefix

    def rendered(path: str) -> str:
        if not lines and not any(start in path for start in starts):
            return path  # most of them, and each would be compiled
        try:
            return str(environment.from_string(path).render(**context))
        except TemplateError as error:
            raise InvalidInput(f"the template {source} fails: {path}: {error.message}") from error

    return rendered


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
    if repo in ("", ".", "..") or "/" in repo or _is_git_folder(repo):
        raise Refused(f"{repo!r} cannot be the name of the repo's folder", hint="choose another name")
    for path in sorted(root.rglob("*")):
        made = _inside(rendered(path.relative_to(root).as_posix()))
        if any(map(_is_git_folder, made.split("/"))):
            # Its settings name commands, and git runs them from the first commit on.
            raise Refused(f"a path of the template is a folder of git's own: {made}", hint="take it out")


def _is_git_folder(name: str) -> bool:
    """Return whether some file system takes a name for `.git`: by its case, by its short form, by what it drops."""
    seen = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return seen.casefold().rstrip(" .") in (".git", "git~1")


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
