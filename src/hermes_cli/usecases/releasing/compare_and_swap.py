"""Change what `latest` points at, by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.latest_moves import LatestRecord
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Latest

from .project_state import LatestFound

# So often may others get in between before a write is given up.
ATTEMPTS = 50


def change_latest(
    store: Store,
    layout: Layout,
    found: LatestFound,
    change: Callable[[LatestRecord], LatestRecord | None],
) -> LatestRecord:
    """Apply a change to the record in force and return the record after it.

    `found` is the record as it was read; the write compares it with the store's. `change` returns None to
    leave the record as it is, is called again each time that somebody else was quicker, and may raise.
    """
    for _ in range(ATTEMPTS):
        record = found[0] if found else LatestRecord(team=layout.team, project=layout.project)
        changed = change(record)
        if changed is None:
            return record
        data = changed.encode()
        other = (
            store.replace_if(layout.latest, data, found[1]) if found else store.put_new(layout.latest, data)
        )
        if other is None:
            return changed
        found = catalog.find_latest(store, layout)
    raise too_busy(f"{layout.project}@{Latest()}")


def refuse_retired(layout: Layout, found: LatestFound) -> None:
    """Raise `Conflict` where the project's name was given up."""
    act = found[0].retired if found else None
    if act is not None:
        raise Conflict(
            f"{layout.project} was retired on {act.at[:10]} ({act.reason or 'no reason given'})",
            hint=f"take it out of this repo: git rm -r {layout.project}",
        )


def too_busy(name: str) -> HermesError:
    """Return the error for a write that others were quicker with every time."""
    return HermesError(f"{name} was changed by others again and again", hint="run the same command again")
