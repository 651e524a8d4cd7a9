"""Write the first test of an adopted script: it is imported, given its parameters and, if it can be, run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conversion import Conversion


def smoke_test_for(conversion: Conversion, *, package: str, script: str) -> str:
    """Return the text of the test; each secret has a stand-in, which a module may read when it is imported."""
    runs, secrets, parameters = conversion.runs_alone, conversion.secrets, conversion.parameters
    values = {one.option: (one.choices or ("x",))[0] for one in parameters if one.required}
    given = [word for option, value in values.items() for word in (f"--{option}", value)]
    imports = (
        ["import runpy", "import sys", "from pathlib import Path", "", "import pytest", ""] if runs else []
    )
    if secrets:
        imports = ["import os", "", *imports]
    stand_ins = [f'os.environ.setdefault("{name}", "a stand-in")' for name in secrets]
    late = "  # noqa: E402 - it may read them at once" if secrets else ""
    lines = [
        f'"""A first test of what was adopted from {conversion.file}. Add one for each thing that it must do."""',
        "",
        "from __future__ import annotations",
        "",
        *imports,
        *([*stand_ins, ""] if stand_ins else []),
        f"from {package} import {script} as script{late}",
        "",
        "",
        "def test_can_be_imported_and_has_an_entry() -> None:",
        f"    assert callable(script.{conversion.entry})",
    ]
    if parameters:
        lines += [
            "",
            "",
            "def test_takes_its_parameters() -> None:",
            f"    parameters = script.{conversion.parser}({_quoted(given)})",
        ]
        for one in parameters:
            expected = values.get(one.option, one.default)
            if expected is None:
                lines.append(
                    f"    assert parameters.{one.attribute} is None  # computed when the script runs"
                )
            else:
                lines.append(f"    assert parameters.{one.attribute} == {_quoted(expected)}")
    if runs:
        lines += [
            "",
            "",
            "def test_runs_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:",
            "    monkeypatch.chdir(tmp_path)",
            f'    monkeypatch.setattr(sys, "argv", ["{script}.py"])',
            "    assert script.__file__",
            '    runpy.run_path(script.__file__, run_name="__main__")',
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value)  # a literal of Python too
