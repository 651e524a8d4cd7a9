"""The three-way merge of a template update: old rendering, new rendering, and what the user has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hermes_cli.adapters.git.three_way_merge import MergeRepository, MergeResult
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.domain.template_record import TemplateRecord, with_record, without_record
from hermes_cli.usecases.repo.workspace import Workspace

from .renderings import Rendering, only_below, parts_of

_Files = dict[str, tuple[str, str]]


def merge(
    workspace: Workspace, old: Rendering, new: Rendering, record: TemplateRecord, label: str, scratch: Path
) -> tuple[MergeResult, bool]:
    """Merge what changed between two states of the template into what is committed.

    Gives the merge, and whether it changes anything but the record. Nothing of the repository
    changes. Raises `HermesError`.
    """
    parts = parts_of(workspace, old, scratch / "parts")
    ground = MergeRepository(workspace.root, scratch)
    base = ground.files(ground.tree_of(old.render(parts, scratch / "old")))
    theirs = ground.files(ground.tree_of(new.render(parts, scratch / "new")))
    ours = ground.committed
    kept: dict[str, str] = {}
    for part in sorted(parts, key=lambda one: one.first):
        once = only_below([*base, *theirs], new.created_once(part))
        if part.first:
            once -= {file for other in parts if not other.first for file in other.files}
        if any(base.get(path) != ours.get(path) for path in once if path in base):
            if any(base.get(path) != theirs.get(path) for path in once):
                kept[part.name] = "the sample that it was made from has changed; the code is yours by now"
            for path in once:
                base.pop(path, None)
                theirs.pop(path, None)
    _follow_line_ends(ground, base, ours, theirs)
    for files in (base, ours, theirs):
        if CONFIG_FILE in files:
            mode, oid = files[CONFIG_FILE]
            files[CONFIG_FILE] = (mode, _edited(ground, oid, None))
    merged, sides = ground.merge(ground.tree(base), ground.tree(ours), ground.tree(theirs), label)
    kept |= _settle(merged, sides)
    matters = merged != ours or bool(sides)
    mode, oid = merged[CONFIG_FILE]
    merged[CONFIG_FILE] = (mode, _edited(ground, oid, record))
    return ground.result(merged, sides, kept), matters


def _edited(ground: MergeRepository, oid: str, record: TemplateRecord | None) -> str:
    # The record is left out of the merge: it must be right even where the rest has conflicts.
    text = ground.read(oid).decode("utf-8", "surrogateescape")
    changed = with_record(text, record) if record else without_record(text)
    return ground.write(changed.encode("utf-8", "surrogateescape"))


def _follow_line_ends(ground: MergeRepository, base: _Files, ours: _Files, theirs: _Files) -> None:
    """Give the template's file the line ends with which the user has saved it."""
    for path in base.keys() & ours.keys():
        if base[path][1] == ours[path][1] or not _is_windows(ground.read(ours[path][1])):
            continue
        for files in (base, theirs):
            if path in files:
                mode, oid = files[path]
                data = ground.read(oid)
                if b"\r" not in data and b"\0" not in data:
                    files[path] = (mode, ground.write(data.replace(b"\n", b"\r\n")))


def _is_windows(data: bytes) -> bool:
    return b"\0" not in data and 0 < data.count(b"\n") == data.count(b"\r\n")


def _settle(merged: _Files, sides: dict[str, dict[int, tuple[str, str]]]) -> Mapping[str, str]:
    """Decide for the user's side where one side deleted what the other changed; what was decided."""
    kept = {}
    for path, stages in list(sides.items()):
        if stages.keys() == {1, 2}:
            merged[path] = stages[2]
            kept[path] = "the template no longer has it, and you have changed it"
        elif stages.keys() == {1, 3}:
            merged.pop(path, None)
            kept[path] = "you have deleted it, and the template has changed it"
        elif stages.keys() == {1}:
            merged.pop(path, None)
        else:
            continue
        del sides[path]
    return kept
