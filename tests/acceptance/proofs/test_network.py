"""A company's network: every request goes by its proxy and believes its authority; whose bucket it is."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults import FaultProxy, fault_proxy
from servers import Answer, Request, S3Server, answering

from .checks import check_copies
from .figures import record
from .ground import Buckets, Ground, Sources
from .warm import Ended, Warm

# A host that no resolver knows: whoever reaches it has asked the proxy to.
HOST = "s3.company.invalid"
AUTHORITIES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
COMMANDS = (
    ("deploy", "--env", "dev", "--from"),
    ("ls", "--env", "dev"),
    ("show", "lake@latest", "--env", "dev"),
    ("run", "lake@1.0.0", "--env", "dev"),
)


@dataclass(frozen=True)
class Authority:
    """A company's own: the file of its certificate, and a server that shows one by it."""

    bundle: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody else trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("authority")
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    end = datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC)

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def begin(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named("authority"))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(start).not_valid_after(end)

    own, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = begin("authority", own).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    root = root.add_extension(usage, True)
    root = root.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
    leaf = begin(HOST, key).add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
    leaf = leaf.add_extension(issuer, False)
    pem = serialization.Encoding.PEM
    bundle, chain = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(root.sign(own, hashes.SHA256()).public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(private + leaf.sign(own, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Authority(bundle, context)


def _run(warm: Warm, ground: Ground, sources: Sources, env: Mapping[str, str], tmp_path: Path) -> list[Ended]:
    source = sources.get()
    found = []
    for number, command in enumerate(COMMANDS):
        bundle = (str(source.bundle),) if command[0] == "deploy" else ()
        plain = {name: value for name, value in source.variables(ground).items() if name not in AUTHORITIES}
        variables = {**plain, **env, "HERMES_CACHE_DIR": str(tmp_path / str(number))}
        found.append(warm.start(*command, *bundle, cwd=source.repo.path, env=variables).wait())
    return found


@pytest.mark.parametrize("buckets", ["boto3", "obstore"], indirect=True)
def test_a_proxy_is_asked_for_everything(
    warm: Warm, buckets: Buckets, sources: Sources, s3_server: S3Server, tmp_path: Path
) -> None:
    ground = buckets.new()
    with fault_proxy(s3_server.url) as company:
        env = {"AWS_ENDPOINT_URL_S3": f"http://{HOST}", "HTTP_PROXY": company.url, "http_proxy": company.url}
        ended = _run(warm, ground, sources, env, tmp_path)
        assert [one.code for one in ended] == [0] * len(COMMANDS), ended
        assert len(company.plan.asked) > 50
        assert all(f" http://{HOST}/" in asked for asked in company.plan.asked)
    check_copies(ground)
    record("Requests by a company's proxy and authority", requests=len(company.plan.asked))


@pytest.fixture
def far(s3_server: S3Server, authority: Authority) -> Iterator[FaultProxy]:
    """The S3 server behind TLS, with a certificate of the company's own authority."""
    with fault_proxy(s3_server.url, authority.context) as server:
        yield server


@pytest.mark.parametrize("variable", [*AUTHORITIES, None])
@pytest.mark.parametrize("buckets", ["boto3", "obstore"], indirect=True)
def test_a_companys_authority_is_believed_and_no_other(
    warm: Warm,
    buckets: Buckets,
    sources: Sources,
    far: FaultProxy,
    authority: Authority,
    tmp_path: Path,
    variable: str | None,
) -> None:
    ground = buckets.new()
    with fault_proxy(far.url) as company:
        env = {
            "AWS_ENDPOINT_URL_S3": f"https://{HOST}",
            "HTTPS_PROXY": company.url,
            "https_proxy": company.url,
        }
        if variable is not None:
            env[variable] = str(authority.bundle)
        ended = _run(warm, ground, sources, env, tmp_path)
        assert all(asked == f"CONNECT {HOST}:443" for asked in company.plan.asked)
    if variable is None:
        assert [one.code for one in ended] == [1] * len(COMMANDS), ended
        assert all("certificate" in one.stderr and "AWS_CA_BUNDLE" in one.stderr for one in ended), ended
        assert far.plan.asked == []
        assert ground.objects() == {}
    else:
        assert [one.code for one in ended] == [0] * len(COMMANDS), ended
        assert len(far.plan.asked) > 50
        check_copies(ground)
    record("Requests by a company's proxy and authority", requests=len(far.plan.asked))


_ERROR = "<Error><Code>{}</Code><Message>so it is</Message></Error>"


def test_a_bucket_of_another_account_is_not_used(
    warm: Warm, buckets: Buckets, sources: Sources, tmp_path: Path
) -> None:
    """Every request says whose bucket it is for, so that S3 itself refuses it."""

    def refuse(request: Request) -> Answer:
        asked = {name.lower(): value for name, value in request.headers.items()}
        assert asked.get("x-amz-expected-bucket-owner") == "111122223333"
        return Answer(status=403, body=_ERROR.format("AccessDenied").encode())

    with answering(refuse) as server:
        env = {"AWS_ENDPOINT_URL_S3": server.url, "HERMES_DEV_EXPECTED_BUCKET_OWNER": "111122223333"}
        ended = _run(warm, buckets.new(), sources, env, tmp_path)
    assert [one.code for one in ended] == [5] * len(COMMANDS), ended
    assert all("another account than 111122223333" in one.stderr for one in ended)
    assert len(server.requests) >= len(COMMANDS)
    assert all(request.method == "GET" for request in server.requests)


def test_every_request_of_a_deploy_says_whose_bucket_it_is_for(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, sources: Sources
) -> None:
    ground = proxied.new()
    source = sources.get()
    running = source.start(warm, ground, env={"HERMES_DEV_EXPECTED_BUCKET_OWNER": "111122223333"})
    assert running.wait().code in (0, 5)
    assert proxy.plan.asked
    assert proxy.plan.headers
    assert all(one.get("x-amz-expected-bucket-owner") == "111122223333" for one in proxy.plan.headers)


def test_a_clock_that_is_an_hour_off(warm: Warm, buckets: Buckets, sources: Sources, tmp_path: Path) -> None:
    skewed = Answer(status=403, body=_ERROR.format("RequestTimeTooSkewed").encode())
    with answering(lambda _: skewed) as server:
        ended = _run(warm, buckets.new(), sources, {"AWS_ENDPOINT_URL_S3": server.url}, tmp_path)
    assert [one.code for one in ended] == [5] * len(COMMANDS), ended
    assert all("clock is wrong" in one.stderr and "date -u" in one.stderr for one in ended)
    assert all(request.method == "GET" for request in server.requests)
