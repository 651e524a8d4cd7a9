"""Resolve requirements to a lock of pins with hashes, or to the newest versions."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed

from .environments import check_requirement
from .namesakes import ANNOTATED, never_built, refuse_namesakes
from .uv import UvResult, index_options, run_uv

_UNRESOLVED = "the requirements cannot be resolved"
_WHY = "they contradict each other, or ask for what does not exist"
# A person waits for the answer.
_FAIL_FAST = {"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_TIMEOUT": "15"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")


def lock(
    requirements: Sequence[str],
    *,
    python: str,
    indexes: Mapping[str, str] | None = None,
    wheels: Mapping[str, Path] | None = None,
    own_names: Collection[str] = (),
) -> str:
    """Resolve requirements and their dependencies to pins with hashes, for Linux and this Python (3.11).

    `wheels` are files by their distribution: what they need is locked with their versions and extras
    observed, and they themselves are left out. None of `own_names` may come from an index.
    The text names no index, no machine and no time; no requirements give an empty text. Raises
    `ProjectFailed` where there is no resolution or something cannot be pinned by a hash, and
    `HermesError` where an index cannot be reached.
    """
    local = [f"{name} @ {path.as_uri()}" for name, path in (wheels or {}).items()]
    own = {canonicalize_name(name) for name in wheels or {}}
    options = ("--generate-hashes", *ANNOTATED, *never_built(set(own_names) - own))
    outcome = _compile([*requirements, *local], python, indexes or {}, *options)
    if outcome is None:
        return ""
    if outcome.code:
        raise outcome.failure(_UNRESOLVED, ProjectFailed, why=_WHY)
    refuse_namesakes(outcome.stdout, own_names)
    # A user's uv.toml may have options for indexes and folders written at the top.
    lines = [
        line.rstrip()
        for line in outcome.stdout.splitlines()
        if line.strip() and not line.lstrip().startswith("#") and not line.startswith("-")
    ]
    lines = [line for stanza in _stanzas(lines) if _name_of(stanza) not in own for line in stanza]
    for number, line in enumerate(lines):
        if line.startswith(" "):
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not _PIN.match(line) or "--hash=" not in line + following:
            raise ProjectFailed(
                f"{line.split()[0]} cannot be locked: it comes from a URL, a folder or a repository, "
                "not from a package index",
                hint="publish it to a package index ([indexes] in hermes.toml), and require it by version",
            )
    return "".join(f"{line}\n" for line in lines)


def _stanzas(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines of each requirement: one at the margin, and its hashes indented."""
    stanzas: list[list[str]] = []
    for line in lines:
        if line.startswith(" ") and stanzas:
            stanzas[-1].append(line)
        else:
            stanzas.append([line])
    return stanzas


def _name_of(stanza: Sequence[str]) -> str:
    found = _NAME.match(stanza[0])
    return canonicalize_name(found[0]) if found else ""


def newest(
    requirements: Sequence[str], *, python: str, indexes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Resolve requirements together; return the version of each package, by canonical name.

    Their dependencies are included. Raises `InvalidInput` where a package is unknown or there is no
    resolution, and `HermesError` where an index cannot be reached.
    """
    outcome = _compile(requirements, python, indexes or {}, "--no-annotate")
    if outcome is None:
        return {}
    if outcome.code:
        raise outcome.failure(_UNRESOLVED, InvalidInput, why=_WHY)
    pins = (_PIN.match(line) for line in outcome.stdout.splitlines())
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def ask_index(package: str, *, indexes: Mapping[str, str] | None = None) -> str:
    """Ask the indexes, without a cache, for the newest version of one package for this Python.

    Raises `InvalidInput` where they have no such package, `AccessDenied` where they refuse the
    credentials, and `HermesError` where one cannot be reached.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    options = ("--no-annotate", "--no-deps", "--refresh-package", package)
    outcome = _compile([package], python, indexes or {}, *options, extra=_FAIL_FAST)
    if outcome is None or outcome.code:
        assert outcome is not None  # noqa: S101 - for the type checker
        raise outcome.failure("the package index cannot be used", InvalidInput)
    return outcome.stdout.partition("==")[2].strip()


def may_be_on_index(package: str, *, indexes: Mapping[str, str] | None = None) -> bool:
    """Ask whether an index has a package of this name, without running anything of it; yes where it cannot be asked."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    outcome = _compile([package], python, indexes or {}, "--no-deps", "--no-build", extra=_FAIL_FAST)
    return outcome is None or outcome.code == 0 or outcome.unknown_package is None


def _compile(
    requirements: Sequence[str],
    python: str,
    indexes: Mapping[str, str],
    *options: str,
    extra: Mapping[str, str] | None = None,
) -> UvResult | None:
    if not requirements:
        return None
    with tempfile.TemporaryDirectory(prefix="hermes-") as folder:
        source = Path(folder, "requirements.txt")
        source.write_text("".join(f"{check_requirement(line)}\n" for line in requirements), "utf-8")
        return run_uv(
            [
                *("pip", "compile", str(source), "--quiet"),
                *("--python", sys.executable, "--python-version", python, "--python-platform", "linux"),
                "--no-header",
                *index_options(indexes),
                *options,
            ],
            extra=extra,
        )
