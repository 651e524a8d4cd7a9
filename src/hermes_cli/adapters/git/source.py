"""Find what git would commit now, whatever the settings of this machine are, and read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from stat import S_IXUSR

from hermes_cli.domain.contract.errors import HermesError

from .command import git
from .index import OPTIONS, SUBMODULE, Index, facts_of
from .large_files import follow_all, names
from .repository_settings import RepositorySettings, common_folder
from .scratch_repository import ScratchRepository
from .tree_files import LINK, Entry, has_text, is_blob, kind_of, on_disk, parse_tree, same_text
from .work_files import look_at_files


class GitSource:
    """The commit that is checked out, with the changes of the work tree in some folders.

    Paths start at the root of the work tree. `choose` gets all paths, and returns the top-level folders
    that count; elsewhere it is only told whether there are changes. Every method raises `HermesError`
    where git fails. An edit that git is told to overlook is none.
    """

    def __init__(self, root: Path, choose: Callable[[Collection[str]], Collection[str]]) -> None:
        self._root = root
        self._choose = choose

    @cached_property
    def index(self) -> Index:
        """Git's index of all files, and the files that it would track."""
        return Index(git(self._root, "ls-files", *OPTIONS, "--others", "--exclude-standard").stdout)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All paths, sorted. Submodules, and other repositories inside this one, are left out whole."""
        tracked = (path for path, (mode, _) in self.index.entries.items() if mode != SUBMODULE)
        return tuple(sorted({path for path in tracked if path not in self._gone} | {*self.index.untracked}))

    @property
    def dirty(self) -> bool:
        """Return whether anything differs from the commit, in any folder; line ends alone are no difference."""
        return bool(self._changes)

    def tree(self, folder: str) -> str:
        """Return git's id for the content of a folder. Raises `HermesError` where it has none."""
        if folder not in self._folders:
            raise HermesError(f"{folder} holds no file that git would track")
        return self._trees[1][folder]

    def kind(self, path: str) -> str:
        """Return the kind of a file: `l` for a link, `x` for a program, `f` for any other."""
        entry = self._entries.get(path) if self._counts(path) else None
        return kind_of(entry) if entry else "l" if (self._root / path).is_symlink() else "f"

    def read(self, paths: Collection[str]) -> dict[str, bytes]:
        """Read files, and of links their targets; outside of the chosen folders as they are.

        Raises `LargeFileMissing` where git LFS has a file that is not here.
        """
        found: dict[str, bytes] = {}
        absent: dict[str, str] = {}
        for path in (path for path in paths if self._counts(path)):
            data, oid = on_disk(self._root / path), self._entries[path][1]
            if data is not None and is_blob(data, oid):
                found[path] = data
            else:
                absent[path] = oid
        objects = self._read({*absent.values()})
        found |= {path: objects[oid] for path, oid in absent.items()}
        elsewhere = {path: on_disk(self._root / path) or b"" for path in paths if not self._counts(path)}
        return {**elsewhere, **follow_all(self._root, found, lambda: self._settings)}

    def hidden_edits(self, place: str) -> tuple[str, ...]:
        """Return the files of a folder, or this file, that were edited, and that git is told to overlook."""
        index = self.index
        hidden = {path for path in index.hidden if f"{path}/".startswith(f"{place}/")}
        there = [path for path in sorted(hidden) if os.path.lexists(self._root / path)]
        kept = self._unchanged(there, index.entries)
        other = [path for path in there if path not in kept]
        # Git may have converted what it wrote.
        plain = [path for path in other if "\n" not in path and (self._root / path).is_file()]
        ids = self._scratch.run("hash-object", "--stdin-paths", given=_lines(plain)) if plain else b""
        same = {p for p, oid in zip(plain, ids.decode().split(), strict=True) if oid == index.entries[p][1]}
        gone = {path for path in hidden.difference(there) if not index.may_be_absent(path)}
        return tuple(sorted(gone.union(other) - same))

    @cached_property
    def _settings(self) -> RepositorySettings:
        return RepositorySettings.read(self._root)

    @cached_property
    def _committed(self) -> tuple[dict[str, Entry], dict[str, str]]:
        command = ("ls-tree", "-r", "-t", "-z", "--full-tree", "HEAD")
        done = git(self._root, *command, ok=(0, 128))
        if done.returncode and b"Not a valid object name HEAD" not in done.stderr:
            git(self._root, *command)  # fails once more, and says why
        return parse_tree(done.stdout.split(b"\0"))

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(self._choose(self.files))

    @cached_property
    def _scratch(self) -> ScratchRepository:
        return ScratchRepository(self._root, self._settings)

    @cached_property
    def _looked_at(self) -> tuple[frozenset[str], frozenset[str]]:
        return look_at_files(self._root, self.index)

    @property
    def _gone(self) -> frozenset[str]:
        return self._looked_at[0]

    @cached_property
    def _suspects(self) -> frozenset[str]:
        """The paths that may differ from the commit; git's own word that others do not is good enough."""
        index = self.index
        touched = self._gone | self._looked_at[1] | (index.conflicts - index.hidden)
        if _has_attributes(self._root):  # by which git may have taken a file for unchanged
            touched |= {path for path in index.entries if self._counts(path)} - index.hidden
        staged = {path for path, _ in index.entries.items() ^ self._committed[0].items()}
        return frozenset(touched | staged | {*index.untracked})

    @cached_property
    def _known(self) -> dict[str, Entry | None]:
        """The suspects whose content is known without adding it; None for a file that is gone."""
        index, found, there = self.index, dict[str, Entry | None](), []
        for path in self._suspects:
            entry = index.entries.get(path)
            if entry and (path in index.hidden or entry[0] == SUBMODULE):
                found[path] = entry
            elif path in self._gone or not (entry or path in self._new):
                found[path] = None
            else:
                there.append(path)
        return found | self._unchanged(there, self._committed[0])

    @cached_property
    def _new(self) -> frozenset[str]:
        return frozenset(self.index.untracked)

    def _unchanged(self, paths: Iterable[str], than: Mapping[str, Entry]) -> dict[str, Entry]:
        """Select the files whose content is that of an entry: by their bytes, or but for their line ends."""
        data = {
            path: found
            for path in paths
            if path in than and (kind_of(than[path]) == LINK) == (self._root / path).is_symlink()
            if (found := on_disk(self._root / path)) is not None
        }
        same = {path for path, found in data.items() if is_blob(found, than[path][1])}
        objects = self._read({than[path][1] for path in data if path not in same})
        for path in data.keys() - same:
            if not has_text(than[path]):
                continue
            stored = objects[than[path][1]]
            if same_text(stored, data[path]) or names(stored, data[path]):
                same.add(path)
        same |= self._written_by_filters(data.keys() - same, than)
        return {path: (self._mode(path, than[path]), than[path][1]) for path in same}

    def _mode(self, path: str, entry: Entry) -> str:
        if kind_of(entry) == LINK:
            return entry[0]
        mode = "100755" if os.lstat(self._root / path).st_mode & S_IXUSR else "100644"
        noted = self.index.entries.get(path, entry)[0]
        return noted if mode != noted and self._settings.values.get("core.filemode") == "false" else mode

    def _written_by_filters(self, paths: Collection[str], than: Mapping[str, Entry]) -> set[str]:
        """Select the files that a filter of this machine wrote when git checked them out, and nobody since.

        To run the filter again would tell more; but what it writes would be of this machine.
        """
        tracked = [path for path in paths if self.index.entries.get(path) == than[path]]
        if not tracked or not self._settings.filters:
            return set()
        asked = self._scratch.run("check-attr", "-z", "--stdin", "filter", given=_rows(tracked))
        words = os.fsdecode(asked).split("\0")
        filtered = {
            path
            for path, value in zip(words[::3], words[2::3], strict=False)
            if value not in ("unspecified", "unset")
        }
        return {path for path in filtered if self.index.noted(path) == facts_of(os.lstat(self._root / path))}

    @cached_property
    def _trees(self) -> tuple[dict[str, Entry], dict[str, str]]:
        """The files of the chosen folders, what else has changed, and git's ids of the folders."""
        committed, known = self._committed[0], self._known
        added = [path for path in self._suspects - known.keys() if self._counts(path) or path in committed]
        if not added and all(committed.get(path) == entry for path, entry in known.items()):
            return self._committed
        # With what says how line ends are committed: git looks into its index where a file is not there.
        entries = {
            path: entry
            for path, entry in committed.items()
            if self._counts(path) or path in added or path.rpartition("/")[2] == ".gitattributes"
        }
        modes = {path: self.index.entries[path] for path in added if path in self.index.entries}
        found = self._added({**modes, **entries, **known}, added)
        same = self._same_when_converted(added, found[0])
        return self._added(same, ()) if same else found

    def _added(
        self, entries: Mapping[str, Entry | None], paths: Collection[str]
    ) -> tuple[dict[str, Entry], dict[str, str]]:
        """Put entries into the index, and files of the work tree, converted by .gitattributes alone."""
        there = [(path, entry) for path, entry in entries.items() if entry is not None]
        given = b"".join(
            f"{mode} {oid}\t".encode() + os.fsencode(path) + b"\0" for path, (mode, oid) in there
        )
        self._scratch.run("update-index", "-z", "--index-info", given=given)
        if paths:
            self._scratch.run("update-index", "-z", "--add", "--replace", "--stdin", given=_rows(paths))
        tree = self._scratch.run("write-tree", "--missing-ok").decode().strip()
        rows = self._scratch.run("ls-tree", "-r", "-t", "-z", "--full-tree", tree)
        return parse_tree(rows.split(b"\0"))

    def _same_when_converted(self, paths: Iterable[str], now: Mapping[str, Entry]) -> dict[str, Entry]:
        """Select the files that git converted to what is committed, but for line ends."""
        committed = self._committed[0]
        pairs = {
            path: (committed[path][1], now[path][1])
            for path in paths
            if path in committed and has_text(committed[path]) and has_text(now.get(path))
            if not is_blob(on_disk(self._root / path) or b"", now[path][1])
        }
        objects = self._read({oid for pair in pairs.values() for oid in pair})
        same = (path for path, (then, new) in pairs.items() if same_text(objects[then], objects[new]))
        return {path: (now[path][0], committed[path][1]) for path in same}

    @property
    def _entries(self) -> Mapping[str, Entry]:
        return self._trees[0]

    @cached_property
    def _changes(self) -> set[str]:
        """The paths that differ from the commit."""
        committed, now = self._committed[0], {**self._trees[0], **self._known}
        # What is new elsewhere was not looked at.
        return {
            p for p in self._suspects if p not in now or now[p] != committed.get(p)
        } | self._moved_submodules()

    def _moved_submodules(self) -> set[str]:
        paths = self.index.submodules
        if not paths:
            return set()
        options = ("-z", "--name-only", "--ignore-submodules=dirty")
        done = git(self._root, "diff-files", *options, "--", *paths)
        return {os.fsdecode(path) for path in done.stdout.split(b"\0") if path}

    def _counts(self, path: str) -> bool:
        return path.partition("/")[0] in self._folders

    def _read(self, wanted: Collection[str]) -> dict[str, bytes]:
        if not wanted:
            return {}
        along = (
            oid
            for path, (mode, oid) in self._committed[0].items()
            if self._counts(path) and mode != SUBMODULE
        )
        return self._scratch.read(wanted, along=along)


def _rows(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in sorted(paths))


def _lines(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\n" for path in paths)


def _has_attributes(root: Path) -> bool:
    """Return whether this clone has attributes of its own, which are in no commit."""
    file = common_folder(root) / "info" / "attributes"
    return file.is_file() and bool(file.read_bytes().strip())
