"""Render a template for a repo as it is today: its first project, and the projects and scripts added later."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters import template
from hermes_cli.domain.contract.names import module_name
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.usecases.repo.workspace import Workspace

from .template_source import TemplateSource


@dataclass(frozen=True, kw_only=True)
class Part:
    """A project, or a further script of one, that `hermes new` made or may have made."""

    project: str
    script: str
    first: bool  # the script that the project was made with

    @property
    def answers(self) -> dict[str, str]:
        """The answers for which the template renders this part."""
        return {"project": self.project, "script": self.script}

    @property
    def name(self) -> str:
        """As it is called everywhere: PROJECT or PROJECT/SCRIPT."""
        return self.project if self.first else f"{self.project}/{self.script}"

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are this script's alone."""
        package = f"{self.project}/{module_name(self.project)}"
        return (f"{package}/{self.script}.py", f"{self.project}/tests/test_{self.script}.py")

    @property
    def mark(self) -> str:
        """The file that shows whether the template made this part."""
        return f"{self.project}/{PROJECT_FILE}" if self.first else self.files[0]


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One state of a template with the answers of a repo."""

    source: TemplateSource
    answers: Mapping[str, str]
    trusted: bool

    def questions(self) -> tuple[template.Question, ...]:
        """Return the questions of this state; the defaults are the values that apply here."""
        return template.questions(self.source.path, self.answers, trusted=self.trusted)

    def value(self, name: str) -> str | None:
        """The value of one variable."""
        return next((one.default for one in self.questions() if one.name == name), None)

    def render(self, parts: Sequence[Part], into: Path) -> Path:
        """Render the repo by this state, with exactly these parts."""
        into.mkdir()
        repo = template.render(self.source.path, self.answers, into, trusted=self.trusted)
        own = self.value("project")
        if own and own not in {part.project for part in parts}:
            shutil.rmtree(repo / own, ignore_errors=True)
        for number, part in enumerate(parts):
            if part.first and part.project == own:
                continue
            scratch = into / f"part-{number}"
            scratch.mkdir()
            made = template.render(
                self.source.path, {**self.answers, **part.answers}, scratch, trusted=self.trusted
            )
            for name in (part.project,) if part.first else part.files:
                if (made / name).exists() and not (repo / name).exists():
                    (repo / name).parent.mkdir(parents=True, exist_ok=True)
                    (made / name).rename(repo / name)
        return repo

    def created_once(self, part: Part) -> tuple[str, ...]:
        """Return the paths of a part that the template creates once and does not update."""
        found = template.paths_made_once(
            self.source.path, {**self.answers, **part.answers}, trusted=self.trusted
        )
        return found if part.first else tuple(file for file in part.files if _below(file, found))


def parts_of(workspace: Workspace, old: Rendering, scratch: Path) -> tuple[Part, ...]:
    """The projects and scripts of the repo that came from the template.

    The project that the repo was made with did; of any other, what shows it is how much of what the
    template makes is still there.
    """
    own, script = old.value("project"), old.value("script")
    if own is None:
        return ()
    parts = [
        part
        for project in workspace.projects
        if project.folder == project.name
        for part in _candidates(project, script if project.name == own else None)
    ]
    made = old.render(parts, scratch)
    return tuple(
        part
        for part in parts
        if (part.first and part.project == own) or _alike(made / part.mark, workspace.root / part.mark)
    )


def _candidates(project: Project, script: str | None) -> list[Part]:
    first = script or module_name(project.name)
    return [
        Part(project=project.name, script=first, first=True),
        *(
            Part(project=project.name, script=other.name, first=False)
            for other in project.scripts
            if other.name != first
        ),
    ]


def _alike(made: Path, there: Path) -> bool:
    if not made.is_file() or not there.is_file():
        return False
    lines = [line.strip() for line in made.read_bytes().splitlines() if line.strip()]
    kept = {line.strip() for line in there.read_bytes().splitlines()}
    return 2 * sum(line in kept for line in lines) >= len(lines)


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def only_below(paths: Sequence[str], folders: Sequence[str]) -> set[str]:
    """The paths that are one of these, or lie in one."""
    return {path for path in paths if _below(path, folders)}
