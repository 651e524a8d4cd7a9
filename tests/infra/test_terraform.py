"""The Terraform module: parsed, formatted, and its templates rendered by Terraform itself where it is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rendering import DEV, LOCKED, PROD, TEMPLATES, TERRAFORM, Choices, render, terraform_values

FILES = sorted(TERRAFORM.rglob("*.tf"))
PROGRAM = shutil.which("terraform") or shutil.which("tofu")
with_terraform = pytest.mark.skipif(PROGRAM is None, reason="neither terraform nor tofu is installed")


def terraform(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    assert PROGRAM is not None
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"},
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TERRAFORM).as_posix())
def test_a_file_parses(path: Path) -> None:
    hcl2 = pytest.importorskip("hcl2")
    with path.open(encoding="utf-8") as file:
        assert hcl2.load(file)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TERRAFORM).as_posix())
def test_a_file_is_formatted(path: Path) -> None:
    """The rules of `terraform fmt` that need no Terraform: indent, spaces, aligned assignments."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "\t" not in text
    assert "\n\n\n" not in text
    depth, run = 0, set[int]()
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path.name}:{number}"
        assert line == line.rstrip(), where
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line.split("#")[0])
        closes = len(re.match(r"[\s)\]}]*", code)[0].strip())  # type: ignore[index]
        if line:
            assert len(line) - len(line.lstrip()) == 2 * (depth - min(closes, 1)), where
        # An assignment of one line shares its column with those right above it.
        assigned = re.match(r"\s*[\w\"-]+\s*=\s(?!.*[\[({]$)", line)
        run = run | {line.index("=")} if assigned else set()
        assert len(run) <= 1, where
        opened = sum(code.count(char) for char in "([{") - sum(code.count(char) for char in ")]}")
        depth += (opened > 0) - (opened < 0)
    assert depth == 0


@with_terraform
def test_terraform_finds_them_formatted() -> None:
    done = terraform(TERRAFORM, "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_is_described() -> None:
    for name, kind in (("variables.tf", "variable"), ("outputs.tf", "output")):
        text = (TERRAFORM / name).read_text(encoding="utf-8")
        blocks = re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.DOTALL | re.MULTILINE)
        assert blocks
        for block, body in blocks:
            assert re.search(r'^  description = ".+\."$', body, re.MULTILINE), block
        assert {block for block, _ in blocks} == set(
            re.findall(rf"^\| `(\w+)` \| {kind} \|", (TERRAFORM / "README.md").read_text(), re.MULTILINE)
        )


def test_the_module_leaves_the_provider_to_its_caller() -> None:
    for path in TERRAFORM.glob("*.tf"):
        assert not re.search(r"^provider ", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_each_template_gets_what_it_uses() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(TERRAFORM.glob("*.tf")))
    call = r'templatefile\("\$\{path\.module\}/policies/([\w-]+)\.json\.tftpl", \{\n(.*?)\n *\}\)'
    calls = re.findall(call, text, re.DOTALL)
    assert {name for name, _ in calls} == {path.name.split(".")[0] for path in TEMPLATES.iterdir()}
    for name, body in calls:
        handed = set(re.findall(r"^ +(\w+) +=", body, re.MULTILINE))
        template = (TEMPLATES / f"{name}.json.tftpl").read_text(encoding="utf-8")
        used = set(re.findall(r"(?:\$\{(?:jsonencode\()?|%\{ if !?)(\w+)", template))
        assert handed == used == set(terraform_values(DEV)[name]), name


@with_terraform
@pytest.mark.parametrize("choices", [DEV, PROD, LOCKED], ids=lambda choices: choices.name)
def test_terraform_renders_the_policies_as_these_tests_do(choices: Choices) -> None:
    values = terraform_values(choices)
    calls = [
        f'jsondecode(templatefile("{TEMPLATES}/{name}.json.tftpl", jsondecode({json.dumps(json.dumps(handed))})))'
        for name, handed in values.items()
    ]
    done = terraform(TEMPLATES, "console", stdin=f"jsonencode([{', '.join(calls)}])\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(json.loads(done.stdout)) == [render(name, handed) for name, handed in values.items()]


GOOD: dict[str, Any] = {
    "environment": "dev",
    "bucket_name": "acme-hermes-dev",
    "accepts_features": True,
    "platform_principal_arns": ["arn:aws:iam::123456789012:role/acme-platform"],
    "infrastructure_role_arn": "arn:aws:iam::123456789012:role/acme-infrastructure",
    "teams": {"growth": {"repositories": ["acme/shop"]}},
}


def check_variables(tmp_path: Path, changes: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    # The variables alone: the rest needs the provider, which is not on a package index.
    shutil.copy(TERRAFORM / "variables.tf", tmp_path)
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(GOOD | changes))
    terraform(tmp_path, "init", "-backend=false")
    return terraform(tmp_path, "plan", "-input=false", "-no-color")


@with_terraform
def test_good_variables_are_taken(tmp_path: Path) -> None:
    done = check_variables(tmp_path, {"oidc_provider_arn": None, "github_ref": "refs/heads/main"})
    assert done.returncode == 0, done.stderr


BAD: Sequence[tuple[str, Any]] = [
    ("environment", "Dev"),
    ("bucket_name", "acme.hermes.dev"),
    ("platform_principal_arns", []),
    ("platform_principal_arns", ["*"]),
    ("infrastructure_role_arn", "arn:aws:iam::123456789012:root"),
    ("teams", {"growth/*": {"repositories": ["acme/shop"]}}),
    ("teams", {"growth": {"repositories": ["acme/*"]}}),
    ("teams", {"growth": {"repositories": []}}),
    ("teams", {"growth": {"repositories": ["acme/shop"], "reader_principal_arns": ["*"]}}),
    ("github_environment", "*"),
    ("github_ref", "refs/heads/*"),
    ("oidc_provider_arn", "arn:aws:iam::123456789012:oidc-provider/example.com"),
    ("kms_key_arn", "alias/hermes"),
    ("noncurrent_days", 1),
]


@with_terraform
@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda value: str(value)[:40])
def test_bad_variables_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    done = check_variables(tmp_path, {name: value})
    assert done.returncode != 0
    assert "Invalid value for variable" in done.stderr
    assert f"var.{name}" in done.stderr
