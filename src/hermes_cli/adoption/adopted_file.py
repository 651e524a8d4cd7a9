"""Read the file to adopt, and files beside it that it names."""

from __future__ import annotations

from pathlib import Path

from .joined_cells import JoinedCells, join_cells
from .notebook import Notebook
from .notebook_formats import not_valid_python, printable, read_notebook


def read_file(path: Path) -> JoinedCells:
    """Read a notebook or a script as one source, with the notebooks that it runs by %run.

    Raises `InvalidInput` for a file that is not Python, `HermesError` where it cannot be read.
    """
    notebook = read_notebook(path, printable(Path(path.name)))

    def find(named: str) -> Notebook | None:
        candidates = (path.parent / f"{named}{ending}" for ending in ("", ".py", ".ipynb"))
        found = next((candidate for candidate in candidates if candidate.is_file()), None)
        return read_notebook(found, printable(Path(found.name))) if found else None

    def read(named: str) -> str | None:
        try:
            return (path.parent / named).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None

    try:
        return join_cells(notebook, find=find, read=read, neighbors=_modules_beside(path))
    except SyntaxError as error:
        raise not_valid_python(error, notebook) from None


def _modules_beside(path: Path) -> frozenset[str]:
    folder = path.resolve().parent
    modules = {other.stem for other in folder.glob("*.py")} - {path.stem}
    return frozenset(modules | {other.parent.name for other in folder.glob("*/__init__.py")})
