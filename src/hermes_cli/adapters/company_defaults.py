"""Read a company's and a user's defaults: from the usual folders of this system, and from a file or URL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hermes_cli.domain.contract.errors import HermesError, InvalidInput, reason_of

_FILE = "defaults.toml"
_TIMEOUT_SECONDS = 10


def read_defaults(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the path or URL of each file of defaults with its text; the weakest first.

    The system's file, what HERMES_DEFAULTS names, the user's file. Raises `HermesError` for one
    that is named and cannot be read.
    """
    from platformdirs import site_config_path, user_config_path

    found = []
    system, user = site_config_path("hermes") / _FILE, user_config_path("hermes") / _FILE
    if system.is_file():
        found.append((str(system), _read(system)))
    named = environ.get("HERMES_DEFAULTS")
    if named:
        is_url = urlsplit(named).scheme in ("http", "https")
        found.append((named, _fetch(named) if is_url else _read(Path(named).expanduser())))
    if user.is_file():
        found.append((str(user), _read(user)))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HermesError(
            f"the defaults in {path} cannot be read: {_reason(error)}",
            hint="correct HERMES_DEFAULTS or that file",
        ) from None


def _fetch(url: str) -> str:
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise InvalidInput(
            "HERMES_DEFAULTS names an address without TLS, so anybody on the way could change it",
            hint="use https://",
        )
    try:
        with urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the scheme was checked
            return str(answer.read().decode("utf-8"))
    except (URLError, OSError, UnicodeDecodeError) as error:
        if isinstance(error, HTTPError):
            error.close()
        # The address may hold credentials: the host is enough to find it.
        raise HermesError(
            f"the defaults at {parts.hostname} (HERMES_DEFAULTS) cannot be read: {_reason(error)}",
            hint="check the address and the network, or unset HERMES_DEFAULTS",
        ) from None


def _reason(error: Exception) -> object:
    cause = getattr(error, "reason", error)  # urllib wraps what the system said
    return reason_of(cause) if isinstance(cause, OSError) else error
