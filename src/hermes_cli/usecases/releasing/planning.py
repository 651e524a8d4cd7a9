"""What a deploy would do for one project in one environment, told without writing anything."""

from __future__ import annotations

import hashlib

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.latest_record import Act, LatestRecord, advanced
from hermes_cli.domain.contract.layout import LIBRARY, Layout
from hermes_cli.domain.contract.manifest import Manifest
from hermes_cli.domain.contract.names import Feature, Latest, Release, Suffix
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_plan import Change, PlannedObject, Step
from hermes_cli.domain.release_policy import Decision

from . import publish
from .latest_pointer import refuse_retired
from .named_copies import copy_key


def plan_step(store: Store, environment: str, draft: publish.Draft, verdict: Decision) -> Step:
    """The step that would be done; a conflict is a step that is refused, not an error."""
    try:
        owner = store.get(draft.layout.owner)
        if owner is not None:
            publish.check_owner(store, draft.layout, draft.manifest.repo_id, owner.data)
        latest = catalog.find_latest(store, draft.layout)
        refuse_retired(draft.layout, latest)
        claim = () if owner is not None else (PlannedObject(key=draft.layout.owner, creates=True),)
        if verdict.feature is not None:
            return _plan_feature(store, environment, draft, verdict, verdict.feature, claim)
        return _plan_release(store, environment, draft, claim, latest[0] if latest else None)
    except HermesError as error:
        return _step(
            environment,
            draft,
            Change.REFUSED,
            error.message,
            hint=error.hint,
            exit_code=error.exit_code,
        )


def _plan_feature(
    store: Store,
    environment: str,
    draft: publish.Draft,
    verdict: Decision,
    feature: Feature,
    claim: tuple[PlannedObject, ...],
) -> Step:
    found = catalog.find_feature(store, draft.layout, feature)
    deployed = found[0] if found else None
    if deployed is not None:
        publish.refuse_other_branch(draft.layout, feature, deployed, draft.manifest)
        if publish.is_deployed(deployed, draft):
            reason = f"branch {verdict.reason}: deployed, and not changed since"
            return _step(environment, draft, Change.NOTHING, reason)
    objects = (
        *claim,
        *_builds(draft),
        PlannedObject(key=draft.layout.feature(feature.slug), creates=found is None),
        *_copies(draft.layout, draft.suffix, draft.manifest, creates=found is None),
    )
    return _step(environment, draft, Change.FEATURE, f"branch {verdict.reason}", objects=objects)


def _plan_release(
    store: Store,
    environment: str,
    draft: publish.Draft,
    claim: tuple[PlannedObject, ...],
    latest: LatestRecord | None,
) -> Step:
    layout, version = draft.layout, Version(draft.manifest.version)
    there = catalog.suffixes(store, layout)
    manifest = catalog.find_release(store, layout, version) if Release(version) in there else None
    record = latest or LatestRecord(team=layout.team, project=layout.project)
    moves = advanced(record, version, Act(at="", actor=None, commit=None)) is not None
    is_latest = record.version == str(version)
    marker = layout.index_marker(version, draft.manifest.tree)
    if manifest is not None and manifest.content != draft.manifest.content:
        raise publish.conflict(layout, version, manifest, draft.manifest.content)
    if manifest is not None and store.get(marker) is not None:
        return _step(environment, draft, Change.NOTHING, "released, and not changed since")
    if manifest is None:
        publish.refuse_other_spelling(layout, version, there)
    change = Change.RELEASE if manifest is None else Change.COMPLETE
    objects = (
        *claim,
        *(
            ()
            if manifest is not None
            else (*_builds(draft), PlannedObject(key=layout.release(version), creates=True))
        ),
        *((PlannedObject(key=layout.latest, creates=latest is None),) if moves else ()),
        *_copies(layout, draft.suffix, manifest or draft.manifest, creates=True),
        *(
            _copies(layout, Latest(), manifest or draft.manifest, creates=latest is None)
            if moves or is_latest
            else ()
        ),
        PlannedObject(key=marker, creates=True),
    )
    reason = (
        "a new version"
        if manifest is None
        else "released with the same content; copies and index are brought up to date"
    )
    return _step(environment, draft, change, reason, moves_latest=moves, objects=objects)


def _builds(draft: publish.Draft) -> tuple[PlannedObject, ...]:
    return tuple(
        PlannedObject(key=key, creates=True, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for key, data in draft.builds.items()
    )


def _copies(
    layout: Layout, suffix: Suffix, manifest: Manifest, *, creates: bool
) -> tuple[PlannedObject, ...]:
    restamped = isinstance(suffix, Latest)
    return tuple(
        PlannedObject(
            key=copy_key(layout, suffix, artifact),
            creates=creates,
            sha256=None if restamped and artifact.kind == LIBRARY else artifact.sha256,
            size=None if restamped and artifact.kind == LIBRARY else artifact.size,
        )
        for artifact in manifest.artifacts
    )


def _step(
    environment: str,
    draft: publish.Draft,
    change: Change,
    reason: str,
    *,
    hint: str | None = None,
    exit_code: int = 0,
    moves_latest: bool = False,
    objects: tuple[PlannedObject, ...] = (),
) -> Step:
    return Step(
        environment=environment,
        project=draft.layout.project,
        suffix=str(draft.suffix),
        version=draft.manifest.version,
        change=change,
        reason=reason,
        hint=hint,
        exit_code=exit_code,
        moves_latest=moves_latest,
        objects=objects,
    )
