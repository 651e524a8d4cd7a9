"""Changing what `latest` is: by compare-and-swap, and then its copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.latest_record import LatestRecord
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import Latest
from hermes_cli.domain.contract.store import Store

# So many times may others get in between before a write is given up.
ATTEMPTS = 50
Found = tuple[LatestRecord, str] | None  # as `catalog.find_latest` gives it


def change_latest(
    store: Store,
    layout: Layout,
    change: Callable[[LatestRecord], LatestRecord | None],
    *,
    read: Sequence[Found] = (),
) -> LatestRecord:
    """Apply a change to the record that is in force; None of it leaves that as it is.

    The change is asked again each time that somebody else was quicker, and may raise. What was `read`
    before, as its one item, spares the first reading: the write has the store compare it.
    """
    for attempt in range(ATTEMPTS):
        found = read[attempt] if attempt < len(read) else catalog.find_latest(store, layout)
        record = found[0] if found else LatestRecord(team=layout.team, project=layout.project)
        changed = change(record)
        if changed is None:
            return record
        data = changed.encode()
        there = (
            store.replace_if(layout.latest, data, found[1]) if found else store.put_new(layout.latest, data)
        )
        if there is None:
            return changed
    raise too_busy(f"{layout.project}@{Latest()}")


def refuse_retired(layout: Layout, found: Found) -> None:
    """Raises `Conflict` where the name was given up, by what `latest` is."""
    act = found[0].retired if found else None
    if act is not None:
        raise Conflict(
            f"{layout.project} was retired on {act.at[:10]} ({act.reason or 'no reason given'})",
            hint="deploy under another name: hermes new another_name",
        )


def too_busy(what: str) -> HermesError:
    """The error for a write that others were always quicker with."""
    return HermesError(f"{what} was changed by others again and again", hint="run the same command again")
