"""Take the secrets out of texts that other programs and libraries wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

_NAME = r"(?i)KEY|SECRET|TOKEN|PASSW|CREDENTIAL"
# Shorter values are words that a text may hold for other reasons.
_SHORTEST = 8
_LOGIN = r"""(?<=/)[^\s/@'"]*:[^\s/@'"]+@"""


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Return the text without logins in URLs, and without the values of variables that are named like secrets."""
    values = {value for name, value in environ.items() if re.search(_NAME, name) and len(value) >= _SHORTEST}
    for value in sorted(values, key=len, reverse=True):
        for form in (value, quote(value, safe="")):
            text = text.replace(form, "***")
    return re.sub(_LOGIN, "***@", text)
