"""Read the secrets of a run on this machine from the user's environment, or from .env."""

from __future__ import annotations

from collections.abc import Sequence

from hermes_cli.adapters.dotenv import FILE, read_dotenv
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.usecases.repo.workspace import Workspace


def find_secrets(workspace: Workspace, subject: str, names: Sequence[str]) -> dict[str, str]:
    """Read the value of each secret that `subject` needs; other lines of .env are not passed on.

    Raises `InvalidInput` where one is missing or empty, `Refused` where git has .env or would take it.
    """
    if not names:
        return {}
    _refuse_public(workspace)
    there = {**read_dotenv(workspace.root / FILE), **{k: v for k, v in workspace.environ.items() if v}}
    values = {name: there.get(name, "") for name in names}
    missing = [name for name, value in values.items() if not value]
    if missing:
        what = "the secret" if len(missing) == 1 else "the secrets"
        raise InvalidInput(
            f"{subject} needs {what} {', '.join(missing)}, and neither {FILE} nor your environment has "
            f"{'it' if len(missing) == 1 else 'them'}",
            hint=f"write {' and '.join(f'{name}=…' for name in missing)} into {workspace.root / FILE}",
        )
    broken = [name for name, value in values.items() if "\0" in value]
    if broken:
        raise InvalidInput(f"the value of {broken[0]} holds a zero byte", hint=f"write it anew into {FILE}")
    return values


def _refuse_public(workspace: Workspace) -> None:
    if workspace.git is not None and FILE in workspace.source.files:
        raise Refused(
            f"{FILE} holds secrets, and git would share it or has it already",
            hint=f"git rm --cached --ignore-unmatch {FILE} && echo {FILE} >> .gitignore; "
            "change the secrets if it was ever pushed",
        )
