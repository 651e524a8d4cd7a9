"""Keeps what other programs and libraries say from showing the secrets that they were given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSW|CREDENTIAL", re.IGNORECASE)
# Shorter values are words that a text may hold for other reasons.
_SHORTEST = 8
_LOGIN = re.compile(r"""(?<=/)[^\s/@'"]*:[^\s/@'"]+@""")


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """The text without logins in URLs, and without what variables hold that are named like secrets."""
    values = {value for name, value in environ.items() if _SECRET.search(name) and len(value) >= _SHORTEST}
    for value in sorted(values, key=len, reverse=True):
        for form in (value, quote(value, safe="")):
            text = text.replace(form, "***")
    return _LOGIN.sub("***@", text)
