"""Lint the files that CI reads: YAML always, workflows and shell scripts where their linters are on PATH."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hermes_cli.domain.health_checks import Check, ok, problem, skipped

_YAML = (".yml", ".yaml")
_WORKFLOWS = ".github/workflows/"
_SHOWN = 5  # lines of what a linter says


def lint_ci(root: Path, files: Sequence[str]) -> tuple[Check, ...]:
    """Check the YAML files, GitHub workflows and shell scripts among `files`."""
    documents = [file for file in files if file.endswith(_YAML)]
    workflows = [file for file in documents if file.startswith(_WORKFLOWS)]
    scripts = [file for file in files if file.endswith(".sh")]
    return (
        _yaml(root, documents),
        _linter("actionlint", root, workflows, "workflows"),
        _linter("shellcheck", root, scripts, "shell scripts"),
    )


def _yaml(root: Path, files: Sequence[str]) -> Check:
    import yaml

    for file in files:
        try:
            with (root / file).open("rb") as opened:
                # Parsed only: a tag could construct any object.
                for _ in yaml.parse(opened, Loader=yaml.SafeLoader):
                    pass
        except yaml.YAMLError as error:
            output = " ".join(str(error).split())
            return problem("yaml", f"{file} is not valid YAML: {output}", None)
    return ok("yaml", ", ".join(files)) if files else skipped("yaml", "it makes no YAML file")


def _linter(name: str, root: Path, files: Sequence[str], what: str) -> Check:
    if not files:
        return skipped(name, f"it makes no {what}")
    program = shutil.which(name)
    if program is None:
        return skipped(name, "it is not on PATH", f"install {name}")
    done = subprocess.run([program, *files], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ok(name, ", ".join(files))
    output = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return problem(name, "\n".join(output[:_SHOWN]) or f"it ended with {done.returncode}", None)
