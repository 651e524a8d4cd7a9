"""Plan the deploy of one project to one environment, from what was read there; nothing is asked or written."""

from __future__ import annotations

import hashlib

from packaging.version import Version

from hermes_cli.domain.contract.latest_moves import Act, LatestRecord, advanced
from hermes_cli.domain.contract.layout import LIBRARY, Layout
from hermes_cli.domain.contract.manifest import Manifest
from hermes_cli.domain.contract.suffixes import Feature, Latest, Suffix
from hermes_cli.domain.deploy_plan import Change, PlannedObject, Step
from hermes_cli.domain.release_policy import Decision

from .compare_and_swap import refuse_retired
from .drafts import Draft
from .named_copies import copy_key
from .project_state import ProjectState
from .publish import (
    check_owner,
    is_deployed,
    refuse_other_branch,
    refuse_other_content,
    refuse_other_spelling,
)


def plan_step(url: str, environment: str, draft: Draft, decision: Decision, before: ProjectState) -> Step:
    """Plan the deploy of a draft to the store at `url`. Raises `Conflict` where it would be refused."""
    claim: tuple[PlannedObject, ...] = ()
    if before.owner is None:
        claim = (PlannedObject(key=draft.layout.owner, creates=True),)
    else:
        check_owner(url, draft.layout, draft.manifest.repo_id, before.owner)
    refuse_retired(draft.layout, before.latest)
    if decision.feature is not None:
        return _plan_feature(environment, draft, decision, decision.feature, claim, before)
    return _plan_release(environment, draft, claim, before)


def _plan_feature(
    environment: str,
    draft: Draft,
    decision: Decision,
    feature: Feature,
    claim: tuple[PlannedObject, ...],
    before: ProjectState,
) -> Step:
    found = before.feature
    deployed = found[0] if found else None
    if deployed is not None:
        refuse_other_branch(draft.layout, feature, deployed, draft.manifest)
        if is_deployed(deployed, draft):
            reason = f"branch {decision.reason}: deployed, and not changed since"
            return _step(environment, draft, Change.NOTHING, reason)
    objects = (
        *claim,
        *_builds(draft),
        PlannedObject(key=draft.layout.feature(feature.slug), creates=found is None),
        *_copies(draft.layout, draft.suffix, draft.manifest, creates=found is None),
    )
    return _step(environment, draft, Change.FEATURE, f"branch {decision.reason}", objects=objects)


def _plan_release(
    environment: str, draft: Draft, claim: tuple[PlannedObject, ...], before: ProjectState
) -> Step:
    layout, version = draft.layout, Version(draft.manifest.version)
    manifest, latest = before.release, before.latest[0] if before.latest else None
    if manifest is not None:
        refuse_other_content(layout, manifest, draft.manifest)
        if before.completed:
            return _step(environment, draft, Change.NOTHING, "released, and not changed since")
    else:
        refuse_other_spelling(layout, version, before.suffixes)
    record = latest or LatestRecord(team=layout.team, project=layout.project)
    moves = advanced(record, version, Act(at="", actor=None, commit=None)) is not None
    is_latest = record.version == str(version)
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
        PlannedObject(key=layout.index_marker(version, draft.manifest.tree), creates=True),
    )
    reason = (
        "a new version"
        if manifest is None
        else "released with the same content; copies and index are brought up to date"
    )
    return _step(environment, draft, change, reason, moves_latest=moves, objects=objects)


def _builds(draft: Draft) -> tuple[PlannedObject, ...]:
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
    draft: Draft,
    change: Change,
    reason: str,
    *,
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
        moves_latest=moves_latest,
        objects=objects,
    )
