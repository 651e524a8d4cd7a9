"""A folder that a build left: read back, and not believed where it was changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from hermes_cli.domain.build_record import BUILD_FILE, BuildRecord, BuiltFile, BuiltProject
from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed
from hermes_cli.usecases.building.bundle import Bundle, open_bundle

DATA = b"print(1)\n"
FILE = BuiltFile(
    kind="script",
    name="sales",
    path="sales/sales.py",
    sha256=hashlib.sha256(DATA).hexdigest(),
    size=len(DATA),
)
PROJECT = BuiltProject(
    project="sales",
    distribution="sales",
    version="1.2.0",
    tree="t",
    content="c",
    scripts=(FILE,),
    library=None,
    libraries=(),
    needs=(),
    dependencies=(),
    requires_python=None,
    locks={},
    backend=None,
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    record = BuildRecord(
        team="growth", repo_id="r", commit="c", dirty=False, hermes="0.1.0", projects=(PROJECT,)
    )
    folder = tmp_path / "dist"
    (folder / "sales").mkdir(parents=True)
    (folder / FILE.path).write_bytes(DATA)
    (folder / BUILD_FILE).write_bytes(record.encode())
    return open_bundle(folder)


def test_what_was_built_is_read(bundle: Bundle) -> None:
    assert bundle.project("sales") == PROJECT
    assert bundle.read(FILE) == DATA


def test_what_was_not_built_is_named(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no build of sale") as caught:
        bundle.project("sale")
    assert caught.value.hint == "did you mean sales?"
    with pytest.raises(InvalidInput, match=r"build\.json is not there") as caught:
        open_bundle(tmp_path / "no where")
    assert caught.value.hint == f"hermes build --out-dir '{tmp_path}/no where'"


def test_a_changed_or_missing_file_is_refused(bundle: Bundle) -> None:
    path = bundle.folder / FILE.path
    path.write_bytes(DATA + b"# more")
    with pytest.raises(ProjectFailed, match="changed after it was built"):
        bundle.read(FILE)
    path.unlink()
    with pytest.raises(ProjectFailed, match="is missing"):
        bundle.read(FILE)
    path.mkdir()
    with pytest.raises(ProjectFailed, match="is missing"):
        bundle.read(FILE)


@pytest.mark.parametrize("path", ["../outside.py", "sales/../../outside.py", "link/outside.py"])
def test_a_path_that_leads_out_is_refused_even_with_the_right_digest(bundle: Bundle, path: str) -> None:
    (bundle.folder.parent / "outside.py").write_bytes(DATA)
    (bundle.folder / "link").symlink_to(bundle.folder.parent)
    with pytest.raises(ProjectFailed, match="is outside of its folder"):
        bundle.read(replace(FILE, path=path))


def test_an_absolute_path_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(DATA)
    with pytest.raises(ProjectFailed, match="is outside of its folder"):
        bundle.read(replace(FILE, path=str(outside)))


@pytest.mark.parametrize("data", [b"", b"[]", b'{"schema": 1}', b'{"schema": 99}', b"\xff"])
def test_a_record_that_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / BUILD_FILE).write_bytes(data)
    with pytest.raises(BrokenDocument, match=r"build\.json"):
        open_bundle(tmp_path)
