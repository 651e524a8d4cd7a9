"""Print the result of a deploy as one table: a row for each project, a column for each environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hermes_cli.domain.deploy_plan import Change, Receipt

from .printer import Printer

WORDS = {
    Change.RELEASE: "released",
    Change.FEATURE: "deployed",
    Change.COMPLETE: "completed",
    Change.NOTHING: "unchanged",
    Change.REFUSED: "refused",
    Change.FAILED: "failed",
    Change.SKIPPED: "skipped",
}
DEPLOYED = (Change.RELEASE, Change.FEATURE, Change.COMPLETE)
_FEW = 12  # so many are shown one by one
_NAMED = 3  # and so many in a sentence

_Row = Mapping[str, Receipt]  # by environment


def show_receipts(printer: Printer, receipts: Sequence[Receipt]) -> None:
    """Write the table, why the rest was left as it is, and each failure with its next step."""
    rows: dict[tuple[str, str], dict[str, Receipt]] = {}
    for receipt in sorted(receipts, key=lambda one: one.step.project):
        rows.setdefault((receipt.step.project, receipt.step.suffix), {})[receipt.step.environment] = receipt
    changed = {name: row for name, row in rows.items() if not _is_unchanged(row)}
    shown = rows if len(rows) - len(changed) <= _FEW else changed
    environments = list(dict.fromkeys(receipt.step.environment for receipt in receipts))
    latest = {name: _latest(row) for name, row in shown.items()}
    further = ("LATEST",) if any(latest.values()) else ()
    if shown:
        printer.table(
            ("PROJECT", "SUFFIX", *map(str.upper, environments), *further),
            [
                (*name, *(_word(row.get(one)) for one in environments), *([latest[name]] if further else ()))
                for name, row in shown.items()
            ],
        )
    if len(rows) > _FEW:
        for environment in environments:
            counts = Counter(WORDS[one.change] for one in receipts if one.step.environment == environment)
            printer.say(f"{environment}: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    for line in _reasons(receipts):
        printer.say(line)
    for failure, where in _failures(receipts).items():
        word, name, reason, hint = failure
        printer.complain_of(f"{', '.join(where)}: {word} {name}: {reason}", hint)


def _is_unchanged(row: _Row) -> bool:
    return all(receipt.change is Change.NOTHING for receipt in row.values())


def _word(receipt: Receipt | None) -> str:
    return WORDS[receipt.change] if receipt else ""


def _latest(row: _Row) -> str:
    """Return the version of `latest`, once if it is the same in all environments."""
    found = {environment: receipt.latest for environment, receipt in row.items() if receipt.latest}
    if len(set(found.values())) <= 1:
        return next(iter(found.values()), "")
    return ", ".join(f"{environment} {latest}" for environment, latest in found.items())


def _reasons(receipts: Iterable[Receipt]) -> list[str]:
    """Return the reasons why nothing was done, each once with all projects that it is true of."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in receipts:
        if one.change not in DEPLOYED and not one.exit_code:
            found.setdefault((WORDS[one.change], one.reason), {})[_name(one)] = None
    lines = [
        f"{word} {', '.join(names) if len(names) <= _NAMED else f'{len(names)} projects'}: {reason}"
        for (word, reason), names in found.items()
    ]
    more = len(lines) - _FEW
    return lines if more <= 0 else [*lines[:_FEW], f"and {more} more: hermes plan"]


def _failures(receipts: Iterable[Receipt]) -> dict[tuple[str, str, str, str | None], list[str]]:
    """Each failure with the environments in which it is the same: what does not build fails in all."""
    found: dict[tuple[str, str, str, str | None], list[str]] = {}
    for one in receipts:
        if one.exit_code:
            failure = (WORDS[one.change], _name(one), one.reason, one.hint)
            found.setdefault(failure, []).append(one.step.environment)
    return found


def _name(receipt: Receipt) -> str:
    return f"{receipt.step.project}@{receipt.step.suffix}" if receipt.step.suffix else receipt.step.project
