"""A build gets a copy of a project's files that is the same on every machine."""

from __future__ import annotations

from pathlib import Path

from hermes_cli.usecases.building.wheel_cache import SourceFiles
from hermes_cli.usecases.repo.sources import FolderSource


def test_a_copy_keeps_content_links_and_what_is_executable(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "shop").mkdir(parents=True)
    for name, mode in (("shop/a.py", 0o600), ("shop/run.sh", 0o775), ("shop/b.py", 0o666)):
        (source / name).write_text(name)
        (source / name).chmod(mode)
    (source / "link").symlink_to("shop/a.py")
    SourceFiles.read(
        FolderSource(tmp_path), "source", ["shop/a.py", "shop/run.sh", "shop/b.py", "link"]
    ).write(copy)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (copy / "shop").iterdir()}
    assert modes == {"a.py": 0o644, "b.py": 0o644, "run.sh": 0o755}
    assert (copy / "link").readlink() == Path("shop/a.py")
    assert (copy / "shop" / "b.py").read_text() == "shop/b.py"
