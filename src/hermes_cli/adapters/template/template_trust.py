"""Refuse a template's code unless it is trusted, and confine its expressions to a sandbox."""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.errors import HermesError, InvalidInput, Refused, reason_of

from .lazy_modules import load_when_used

_HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_NEVER_RUN = "pre_prompt"  # it would rewrite the template before anything of it can be looked at
_QUIET = logging.NullHandler()
_HINT = "--trust, if you know who wrote it and what it does"


def check_trust(source: Path, declared: Mapping[str, Any], trusted: bool) -> None:
    """Raises `Refused` for a template with code of its own that is not trusted."""
    hooks = sorted(path.name for path in (source / "hooks").glob("*") if path.stem in _HOOKS)
    if any(Path(name).stem == _NEVER_RUN for name in hooks):
        raise Refused(
            f"the template has a {_NEVER_RUN} hook, which Hermes never runs",
            hint="use pre_gen_project or post_gen_project",
        )
    foreign = [
        str(name)
        for name in declared.get("_extensions", ())
        if not str(name).startswith("cookiecutter.extensions.")
    ]
    code = [*(f"hooks/{name}" for name in hooks), *foreign]
    if code and not trusted:
        raise Refused(f"the template wants to run code of its own: {', '.join(code)}", hint=_HINT)


@contextmanager
def code_policy(template: Path, trusted: bool, compiled: Path | None = None) -> Iterator[None]:
    """For the time of the block, let a trusted template's code run, and sandbox the expressions of any other.

    What trusted code prints goes to stderr: stdout is for results. In `compiled` Jinja keeps what it
    made of files, but not of a trusted template, whose extensions may have changed.
    """
    load_when_used("arrow")  # cookiecutter's own extensions import it, for templates that ask for the time
    with _with_code_of(template) if trusted else _confined(compiled):
        yield


@contextmanager
def _confined(compiled: Path | None) -> Iterator[None]:
    from cookiecutter import utils
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    free: Any = utils.StrictEnvironment

    class Confined(ImmutableSandboxedEnvironment, free):  # type: ignore[misc]
        def __init__(self, *, context: Mapping[str, Any], **options: Any) -> None:
            super().__init__(context=context, **options)
            if compiled is not None:
                self.bytecode_cache = _cache(compiled, options)

    # Cookiecutter takes no environment of ours.
    utils.StrictEnvironment = Confined
    try:
        yield
    finally:
        utils.StrictEnvironment = free


def _cache(folder: Path, options: Mapping[str, Any]) -> Any:
    """Return the cache of compiled files: one folder for each set of versions and options of the compiler."""
    import cookiecutter
    import jinja2

    facts = repr((cookiecutter.__version__, version("jinja2"), sorted(options.items())))
    place = folder / hashlib.sha256(facts.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
    return jinja2.FileSystemBytecodeCache(str(place)) if os.access(place, os.W_OK) else None


@contextmanager
def _with_code_of(template: Path) -> Iterator[None]:
    known, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(template))
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        sys.path[:] = path
        for name in set(sys.modules) - known:  # another state of the template has modules of the same names
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(template):
                del sys.modules[name]


@contextmanager
def translated_errors(source: Path) -> Iterator[None]:
    """Translate the errors of cookiecutter and Jinja; expressions of a template can raise anything."""
    from cookiecutter.exceptions import FailedHookException, UndefinedVariableInTemplate
    from jinja2 import TemplateSyntaxError
    from jinja2.exceptions import SecurityError

    # It logs a hook's failure with its own traceback.
    logging.getLogger("cookiecutter").addHandler(_QUIET)
    hint = f"correct it there; hermes template test {shlex.quote(str(source))} tries it out"
    try:
        yield
    except HermesError:
        raise
    except OSError as error:
        raise HermesError(f"the template {source} could not be rendered: {reason_of(error)}") from error
    except UndefinedVariableInTemplate as error:
        # Its own text holds every answer.
        where = _where(error.error) or f"{error.message}: "
        raise InvalidInput(f"the template {source} fails: {where}{error.error.message}", hint=hint) from error
    except TemplateSyntaxError as error:
        where = f"{error.filename or error.name}, line {error.lineno}"
        raise InvalidInput(f"the template {source} fails: {where}: {error.message}", hint=hint) from error
    except SecurityError as error:
        raise Refused(
            f"the template uses an expression that could run code: {error.message}", hint=_HINT
        ) from error
    except FailedHookException as error:
        raise HermesError(
            f"a hook of the template {source} failed: {error}", hint="its output is above"
        ) from error
    except Exception as error:
        message = f"{_where(error)}{type(error).__name__}: {error}"
        raise InvalidInput(f"the template {source} fails: {message}", hint=hint) from error


def _where(error: BaseException) -> str:
    """Return the file and line of the template in which it was raised; empty for an expression outside of a file."""
    where, traceback = "", error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        # Jinja shows a template's lines as frames of its own.
        if "__jinja_exception__" in traceback.tb_frame.f_globals and file != "<template>":
            where = f"{file}, line {traceback.tb_lineno}: "
        traceback = traceback.tb_next
    return where
