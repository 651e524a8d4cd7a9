"""Every kind of fault at every request: the deploy ends well or says why not, and never claims what is not so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from faults import Fault, FaultProxy, Plan
from hermes_cli.domain.contract.retry_policy import S3

from .checks import check_copies, check_what_resolves
from .figures import record
from .ground import Buckets, Source, Sources
from .warm import Warm


@dataclass(frozen=True)
class Kind:
    """One way to go wrong, and the exit codes that are right for it."""

    fault: Fault
    after: bool
    lasting: bool
    codes: frozenset[int]

    def __str__(self) -> str:
        when = "after" if self.after else "before"
        return f"{self.fault.value}, {when}{', lasting' if self.lasting else ''}"


# Once, what a retry heals must be healed. What stays must fail, and be told as what it is.
HEALED, FAILED = frozenset({0}), frozenset({1})
PASSING = (Fault.RESET, Fault.TIMEOUT, Fault.ERROR_500, Fault.SLOW_DOWN)
KINDS = [
    *(Kind(f, after, False, HEALED) for f in PASSING for after in (False, True)),
    *(Kind(f, after, True, FAILED) for f in PASSING for after in (False, True)),
    # An answer that no store gives to a read stops a deploy; to a write it is retried, or compared.
    *(Kind(Fault.CONFLICT_409, after, False, frozenset({0, 1})) for after in (False, True)),
    *(Kind(Fault.CONFLICT_409, after, True, FAILED) for after in (False, True)),
    *(Kind(Fault.FAILED_412, after, False, frozenset({0, 1, 4})) for after in (False, True)),
    *(Kind(Fault.FAILED_412, after, True, frozenset({1, 4})) for after in (False, True)),
    *(
        Kind(Fault.DENIED_403, after, lasting, frozenset({5}))
        for after in (False, True)
        for lasting in (False, True)
    ),
    # Half of an error says nothing; a write whose answer has no body has been done.
    Kind(Fault.TRUNCATED, True, False, frozenset({0, 1})),
    Kind(Fault.TRUNCATED, True, True, frozenset({0, 1})),
    Kind(Fault.WRONG_BYTES, True, False, frozenset({0, 1})),
    Kind(Fault.WRONG_BYTES, True, True, frozenset({0, 1, 4})),
]


def _inject(
    warm: Warm,
    proxied: Buckets,
    proxy: FaultProxy,
    source: Source,
    kind: Kind,
    *,
    stride: int = 1,
    first: int = 1,
) -> int:
    proxy.arm(Plan())
    ground = proxied.new()
    alone = proxy.arm(Plan())
    source.deploy(warm, ground, "lake")
    whole = set(ground.objects())
    by_boto3 = ["Botocore/" in headers.get("user-agent", "") for headers in alone.headers]
    assert set(by_boto3) == {proxied.client == "boto3"}, "without a fault, one client does all of it"
    injected = 0
    for at in range(first, len(alone.asked) + 1, stride):
        ground = proxied.new()
        plan = proxy.arm(Plan(fault=kind.fault, at=at, after=kind.after, lasting=kind.lasting))
        # Nobody wants to wait a minute for a server that is told to stay silent.
        wait = 0.3 if kind.fault is Fault.TIMEOUT else S3.read_timeout
        ended = source.start(warm, ground, "lake", read_timeout=wait).wait()
        where = f"{kind} at {at} ({alone.asked[at - 1]}): {ended}"
        assert plan.injected, where
        injected += plan.injected
        # What went wrong once and for obstore only, boto3 has done right.
        healed = HEALED if proxied.client == "obstore" and not kind.lasting else frozenset[int]()
        assert ended.code in kind.codes | healed, where
        assert "Traceback" not in ended.stderr, where
        proxy.arm(Plan())
        if ended.code == 0:
            assert set(check_copies(ground)) == {"lake@1.0.0", "lake@latest"}, where
            assert set(ground.objects()) == whole, where
        else:
            check_what_resolves(ground)
            assert ended.json.get("error") or any(r["exit_code"] for r in ended.json["receipts"]), where
            source.deploy(warm, ground, "lake")
            check_copies(ground)
            assert set(ground.objects()) == whole, where
        done = ground.objects()
        source.deploy(warm, ground, "lake")
        assert ground.objects() == done, where
    return injected


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_fault_at_every_request(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, sources: Sources, kind: Kind
) -> None:
    # What stays from one request on is much the same from the next one on.
    stride = 3 if kind.lasting else 1
    injected = _inject(warm, proxied, proxy, sources.get(), kind, stride=stride)
    record("Faults before and after every request to S3", injected=injected)


@pytest.mark.parametrize("number", range(0, len(KINDS), 3))
def test_some_faults_at_some_requests(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, sources: Sources, number: int
) -> None:
    # A kind at one or two requests, which differ from kind to kind.
    assert _inject(warm, proxied, proxy, sources.get(), KINDS[number], first=1 + number % 19, stride=19)


@pytest.mark.parametrize("number", range(1, len(KINDS), 5))
@pytest.mark.parametrize("proxied", ["obstore"], indirect=True)
def test_some_faults_at_a_few_requests_by_obstore(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, sources: Sources, number: int
) -> None:
    assert _inject(warm, proxied, proxy, sources.get(), KINDS[number], first=1 + number % 19, stride=19)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.lasting], ids=str)
@pytest.mark.parametrize("proxied", ["obstore"], indirect=True)
def test_every_passing_fault_at_some_requests_by_obstore(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, sources: Sources, kind: Kind
) -> None:
    assert _inject(warm, proxied, proxy, sources.get(), kind, stride=12)
