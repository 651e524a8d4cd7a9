"""Raise a version, as PEP 440 orders them."""

from __future__ import annotations

from packaging.version import Version

PARTS = ("major", "minor", "patch")


def next_version(version: Version, part: str) -> Version:
    """Return the next version: `part` is one of `PARTS`.

    A pre-release counts as below its version: 1.0.0rc1 becomes 1.0.0 by a patch, and 2.0.0rc1
    becomes 2.0.0 by a major. As many numbers are written as before, and those that the part needs.
    """
    index = PARTS.index(part)
    numbers = [*version.release, *[0] * (index + 1 - len(version.release))]
    leads_up = version.is_prerelease and not any(numbers[index + 1 :])
    if not leads_up:
        numbers[index] += 1
    numbers[index + 1 :] = [0] * len(numbers[index + 1 :])
    epoch = f"{version.epoch}!" if version.epoch else ""
    return Version(epoch + ".".join(map(str, numbers)))
