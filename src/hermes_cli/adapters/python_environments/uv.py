"""Running uv: quietly, with the user's indexes and network settings, and nothing else of theirs."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput

_LAST_LINES = 20

# Where packages and interpreters come from, and how the network is reached, is the user's to say.
# What decides a resolution is not: a lock must not depend on a variable of one shell.
_KEPT = re.compile(
    r"UV_(?:INDEX|DEFAULT_INDEX$|EXTRA_INDEX_URL$|FIND_LINKS$|NO_INDEX$|KEYRING_PROVIDER$|CREDENTIALS_DIR$"
    r"|CACHE_DIR$|NO_CACHE$|OFFLINE$|HTTP_|REQUEST_TIMEOUT$|CONCURRENT_|LINK_MODE$|CONFIG_FILE$|NO_CONFIG$"
    r"|NATIVE_TLS$|SYSTEM_CERTS$|INSECURE_HOST$|EXCLUDE_NEWER"
    r"|PYTHON_INSTALL_|PYTHON_DOWNLOADS|PYTHON_CACHE_DIR$|PYTHON_PREFERENCE$|MANAGED_PYTHON$)"
)
_DROPPED = re.compile(r"UV_|PYTHON|CONDA_|VIRTUAL_ENV")
# uv masks them itself; what it quotes of other programs it may not.
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
_UNKNOWN = re.compile(r"([A-Za-z0-9._-]+) was not found in the (?:package registry|provided)")
_DISK = re.compile(r"(no space left on device|disk quota exceeded|read-only file ?system) \(os error", re.I)
_NETWORK = (
    "error sending request",
    "http status server error",
    "dns error",
    "connection reset",
    "timed out",
    "network connectivity is disabled",
    "network was disabled",
    "failed to connect",
    "could not resolve host",
    "unable to access",
)


_lock = threading.Lock()
_search = threading.Lock()
_running: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """Terminate every run of uv that other threads wait for."""
    with _lock:
        for child in _running:
            child.terminate()


@dataclass(frozen=True, kw_only=True)
class UvResult:
    """The exit code and output of a run of uv; `reason` has its last error lines, without credentials."""

    code: int
    stdout: str
    reason: str

    @property
    def unknown_package(self) -> str | None:
        """The package that no index has, where that is why it failed."""
        found = _UNKNOWN.search(" ".join(self.reason.split()))
        return found[1] if found else None

    def failure(self, what: str, kind: type[HermesError], *, why: str = "") -> HermesError:
        """Return the error for a failed run: of this kind, unless an index, the disk or the network failed.

        `why` is the reason where none of these did.
        """
        if any(sign in self.reason for sign in ("401 Unauthorized", "403 Forbidden")):
            return AccessDenied(
                f"{what}: a package index refuses these credentials, or wants some",
                hint="set UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD for the index of that name",
                detail=self.reason,
            )
        text = " ".join(self.reason.split())
        disk = _DISK.search(text)
        if disk:
            return HermesError(
                f"{what}: {disk[1].lower()}",
                hint="make room for the cache folder, or set HERMES_CACHE_DIR (uv's own: UV_CACHE_DIR) to another one",
                detail=self.reason,
            )
        if "invalid peer certificate" in text.lower():
            return HermesError(
                f"{what}: the certificate of a package index cannot be verified",
                hint="set SSL_CERT_FILE to a file with your company's certificates",
                detail=self.reason,
            )
        if any(sign in text.lower() for sign in _NETWORK):
            return HermesError(
                f"{what}: a package index could not be reached",
                hint="check the network, HTTPS_PROXY and UV_INDEX_URL, and run it again",
                detail=self.reason,
            )
        unknown = self.unknown_package
        if unknown:
            # A dependency that the user did not write needs an explanation.
            return kind(
                f"there is no package {unknown} in the package index",
                hint="check its spelling; a private one needs its index under [indexes] in hermes.toml",
                detail=None if f"you require {unknown}" in text else self.reason,
            )
        what = f"{what}: {why}" if why else what
        return kind(what, hint="correct the requirement that is named above", detail=self.reason)


def run_uv(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> UvResult:
    """Run uv to its end and say how it went. Raises `HermesError` where uv itself is missing.

    It runs in `cwd`, else in the root folder, where no project has settings; `extra` are further
    variables. An interrupt ends it too.
    """
    command = [uv_program(), *arguments, "--no-progress", "--color", "never"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            command,
            cwd=cwd or "/",
            env={**uv_environment(os.environ), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        with _lock:
            _running.add(child)
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
            child.kill()
            child.wait()
            raise
        finally:
            with _lock:
                _running.discard(child)
        out.seek(0)
        err.seek(0)
        stdout, stderr = (stream.read().decode("utf-8", "replace") for stream in (out, err))
    reason = "\n".join(_PASSWORD.sub("****@", stderr).strip().splitlines()[-_LAST_LINES:])
    return UvResult(code=code, stdout=stdout, reason=reason)


def uv_program() -> str:
    """Return the path of uv. Raises `HermesError` where it is missing."""
    from uv import find_uv_bin

    # It asks sysconfig, which may give threads half of what it knows while another one fills it.
    with _search:
        try:
            return find_uv_bin()
        except FileNotFoundError as error:
            raise HermesError(
                "uv is not installed beside Hermes", hint="install Hermes again", detail=str(error)
            ) from error


def uv_version() -> str:
    """Return the version of uv, as in 0.8.1. Raises `HermesError` where it does not run."""
    outcome = run_uv(["--version"])
    if outcome.code:
        raise HermesError("uv does not run", hint="install Hermes again", detail=outcome.reason)
    return outcome.stdout.split()[1]


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that uv and the builds it starts see, from the caller's own."""
    return {key: value for key, value in environ.items() if _KEPT.match(key) or not _DROPPED.match(key)}


def resolution_settings(environ: Mapping[str, str]) -> dict[str, object]:
    """Return all that decides a resolution besides its arguments: uv itself, and its user's settings."""
    home = Path(environ.get("HOME", "/"))
    named = environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else []
    files += [
        Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "uv", "uv.toml"),
        *(Path(folder, "uv", "uv.toml") for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")),
        Path("/etc/uv/uv.toml"),
    ]
    program = Path(uv_program()).stat()
    return {
        "uv": [program.st_size, program.st_mtime_ns],
        "variables": {name: value for name, value in environ.items() if _KEPT.match(name)},
        "files": {str(file): file.read_text("utf-8", "replace") for file in files if file.is_file()},
    }


def index_options(indexes: Mapping[str, str]) -> list[str]:
    """Return the options for private indexes, name to URL; they are asked before the public one.

    A package that a private index has is taken from there only, whatever a public one offers.
    Raises `InvalidInput` where a URL holds credentials.
    """
    for name, url in indexes.items():
        if "@" in urlsplit(url).netloc:
            variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
            raise InvalidInput(
                f"the URL of index {name} holds credentials",
                hint=f"take them out, and set UV_INDEX_{variable}_USERNAME and UV_INDEX_{variable}_PASSWORD",
            )
    return [part for name, url in indexes.items() for part in ("--index", f"{name}={url}")]
