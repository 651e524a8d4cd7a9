"""Write a build into its folder: complete or not at all, and in the place of an earlier one."""

from __future__ import annotations

import shutil
from pathlib import Path

from hermes_cli.domain.build_record import BUILD_FILE, BuildRecord, read_build_record
from hermes_cli.domain.contract.errors import HermesError, InvalidInput

# Holds a build until it is complete; inside its folder, the only place that is known to be writable.
_STAGING = ".hermes-new"


def put_in_place(made: Path, record: BuildRecord, out_dir: Path) -> None:
    """Copy what was built into its folder, and then only rename: a full disk leaves that as it was."""
    staging = out_dir / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of a build that was killed
    try:
        shutil.copytree(made, staging)
        (staging / BUILD_FILE).write_bytes(record.encode())
        files = [path.relative_to(staging) for path in staging.rglob("*") if path.is_file()]
        for file in files:
            (out_dir / file).parent.mkdir(exist_ok=True)
        _remove_earlier_build(out_dir)
        for file in sorted(files, key=lambda file: file.name == BUILD_FILE):
            (staging / file).replace(out_dir / file)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_replaceable(out_dir: Path) -> None:
    """Raise `InvalidInput` for a folder that holds other things than an earlier build."""
    others = {path.name for path in out_dir.iterdir()} - {_STAGING} if out_dir.is_dir() else set()
    if others and not (out_dir / BUILD_FILE).is_file():
        raise InvalidInput(
            f"{out_dir} is not empty and holds no earlier build", hint="name another folder: --out-dir"
        )
    if out_dir.exists() and not out_dir.is_dir():
        raise InvalidInput(f"{out_dir} is not a folder", hint="name another one: --out-dir")


def _remove_earlier_build(out_dir: Path) -> None:
    record = out_dir / BUILD_FILE
    if not record.is_file():
        return
    try:
        earlier = read_build_record(record.read_bytes(), str(record)).projects
    except HermesError:
        earlier = ()
    for project in earlier:
        for file in (*project.scripts, *project.libraries, *((project.library,) if project.library else ())):
            path = (out_dir / file.path).resolve()
            if path.is_relative_to(out_dir.resolve()):
                path.unlink(missing_ok=True)
