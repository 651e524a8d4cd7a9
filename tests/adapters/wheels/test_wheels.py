"""Reading, refusing, restamping and verifying wheels."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installer.sources import WheelFile
from packaging.version import Version
from uv import find_uv_bin

from handmade_wheels import check_record, make_wheel, metadata, record_row
from hermes_cli.adapters.wheels import Wheel, find_secret, read_wheel, restamp
from hermes_cli.domain.contract.errors import ProjectFailed

FILE = "sample-1.2.0-py3-none-any.whl"
SUFFIXES = ("1.2.0", "0+latest", "0+feature.my.branch")
KEY_BODY = ("MC4CAQAwBQYDK2VwBCIEIJ" * 5)[:64]
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY_BODY}\n-----END PRIVATE KEY-----\n".encode()
AWS_SECRET = b"q8Zt3LmN0pXv7Rw2Yb5Kc1Hd9Jf4Gs6Ta+Ue/iOo"  # drawn for this test, of no account


def read(data: bytes, file: str = FILE) -> Wheel:
    return read_wheel(file, data)


def names(wheel: Wheel) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(wheel.data)).namelist()


def contents(wheel: Wheel) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


# Reading


def test_what_a_wheel_says() -> None:
    meta = metadata(
        "Sample",
        "1.2.0",
        "Requires-Python: <4, >=3.10",
        "Requires-Dist: Pandas (>=2.2)",
        "Requires-Dist: A_b [x,\n  c] >=1,<2 ; python_version<'3.13'",
        "Requires-Dist: sample[fast]; extra == 'all'",
        "Provides-Extra: All",
        "Provides-Extra: fast",
    )
    entry = b"[console_scripts]\nb=sample:b\nA = sample:a\n"
    wheel = read(make_wheel(meta=meta, extra={"entry_points.txt": entry}))
    assert (wheel.file, wheel.distribution, wheel.version) == (FILE, "Sample", "1.2.0")
    assert wheel.requires_python == "<4,>=3.10"
    assert wheel.requires == (
        'a-b[c,x]<2,>=1; python_version < "3.13"',
        "pandas>=2.2",
        'sample[fast]; extra == "all"',
    )
    assert wheel.extras == ("all", "fast")
    assert wheel.entry_points == "[console_scripts]\nA = sample:a\nb = sample:b"
    assert list(wheel.payload) == ["sample/__init__.py"]


def test_the_payload_does_not_name_the_version() -> None:
    files = {"sample.py": b"", "sample-1.2.0.data/scripts/go": b"#!python\n", "sample-1.2.0.dat/x": b"1"}
    wheel = read(make_wheel(files))
    assert sorted(wheel.payload) == ["sample-1.2.0.dat/x", "sample.data/scripts/go", "sample.py"]
    assert restamp(wheel, "0+latest").payload == wheel.payload


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("sample-1.2.0-cp311-cp311-manylinux_2_28_x86_64.whl", "compiled wheel cannot be deployed"),
        ("sample-1.2.0-py3-none-linux_x86_64.whl", "py3-none-linux_x86_64"),
        ("sample-1.2.0-cp39-abi3-any.whl", "cp39-abi3-any"),
        ("sample-1.2.0-py2.py3-none-any.whl", "py2.py3-none-any"),
        ("sample-1.2.0-py310-none-any.whl", "only py3-none-any"),
        ("sample-1.2.0-7b-py3-none-any.whl", "build tag (7b)"),
        ("sample-latest-py3-none-any.whl", "not the file name of a wheel"),
        ("sample.zip", "not the file name of a wheel"),
        ("other-1.2.0-py3-none-any.whl", "another package or version"),
        ("sample-1.2.1-py3-none-any.whl", "another package or version"),
    ],
)
def test_file_names_that_are_refused(file: str, says: str) -> None:
    with pytest.raises(ProjectFailed) as caught:
        read(make_wheel(), file)
    assert says in caught.value.message


def test_a_universal_wheel_is_told_how_to_stop_being_one() -> None:
    with pytest.raises(ProjectFailed) as caught:
        read(make_wheel(), "sample-1.2.0-py2.py3-none-any.whl")
    assert "`universal`" in (caught.value.hint or "")


@pytest.mark.parametrize("length", [0, 1, 40, 400])
def test_what_is_no_wheel_is_refused(length: int) -> None:
    with pytest.raises(ProjectFailed, match="damaged"):
        read(make_wheel()[:length])


def test_a_damaged_member_is_refused() -> None:
    data = make_wheel({"sample.py": b"ANSWER = 42\n"}, compression=zipfile.ZIP_STORED)
    with pytest.raises(ProjectFailed, match="damaged"):
        read(data.replace(b"ANSWER = 42\n", b"ANSWER = 43\n"))


@pytest.mark.parametrize("missing", ["METADATA", "WHEEL", "RECORD"])
def test_what_every_wheel_needs(missing: str) -> None:
    with pytest.raises(ProjectFailed, match=f"has no {missing}"):
        read(make_wheel(leave_out=[missing]))


@pytest.mark.parametrize(
    "meta",
    [
        metadata("other"),
        metadata("sample", "1.2.1"),
        metadata("sample", "one"),
        b"",
        b"Metadata-Version: 2.1\nName: sample\n\nVersion: 1.2.0\n",
    ],
)
def test_metadata_that_disagrees_with_the_file_name(meta: bytes) -> None:
    with pytest.raises(ProjectFailed, match="unlike its file name"):
        read(make_wheel(meta=meta))


@pytest.mark.parametrize(
    ("header", "says"), [("Requires-Dist: ==2", "Requires-Dist"), ("Requires-Python: new", "Requires-Python")]
)
def test_metadata_that_makes_no_sense(header: str, says: str) -> None:
    with pytest.raises(ProjectFailed, match=says):
        read(make_wheel(meta=metadata("sample", "1.2.0", header)))


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "sample/../../up.py", "C:/x.py", "a\\..\\b.py"])
def test_paths_that_lead_out(path: str) -> None:
    with pytest.raises(ProjectFailed, match="leads out"):
        read(make_wheel({path: b""}))


@pytest.mark.parametrize(
    "path", ["sample/a\nb.py", "sample/\x1b[31m.py", "sample/a\x7f", "\r.py", "a\tb/c.py"]
)
def test_names_with_control_characters(path: str) -> None:
    with pytest.raises(ProjectFailed, match="a name that installers refuse") as caught:
        read(make_wheel({path: b""}))
    assert path not in caught.value.message


def test_a_wheel_without_dist_info() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("sample.py", "")
        archive.writestr("other.dist-info", "")  # a file
    with pytest.raises(ProjectFailed, match=r"no \.dist-info"):
        read(data.getvalue())


def test_two_of_the_same_name_and_two_dist_infos() -> None:
    with pytest.raises(ProjectFailed, match=r"more than one \.dist-info"):
        read(make_wheel({"other-1.dist-info/METADATA": b""}))
    data = make_wheel({"sample/a.py": b"1", "sample/b.py": b"2"})
    with pytest.raises(ProjectFailed, match="twice"):
        read(data.replace(b"sample/b.py", b"sample/a.py"))


# Secrets


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("sample/.env", b""),
        ("sample/.env.production", b""),
        (".netrc", b""),
        ("sample/.pypirc", b""),
        ("sample/keys/id_rsa", b""),
        ("sample/id_ed25519", b""),
        ("sample/.aws/credentials", b""),
        ("sample/key.pem", PEM),
        ("sample/key.pem", PEM.replace(b"\n", b"\r\n")),
        ("sample/account.json", b'{"private_key": "' + PEM.replace(b"\n", b"\\n") + b'"}'),
        ("sample/rsa.py", PEM.replace(b"PRIVATE", b"RSA PRIVATE")),
        ("sample/config.py", b"aws_secret_access_key = '" + AWS_SECRET + b"'"),
        ("sample/config.ini", b"AWS_SECRET_ACCESS_KEY=" + AWS_SECRET + b"\n"),
        ("sample/config.json", b'{"secretAccessKey": "' + AWS_SECRET + b'"}'),
        ("sample/.ENV", b""),
        ("sample/prod.env", b""),
        ("sample/.envrc", b""),
        (".databrickscfg", b""),
        ("sample/.pgpass", b""),
        ("sample/.npmrc", b""),
        ("sample/client.p12", b""),
        ("sample/client.pfx", b""),
        ("sample/CLIENT.PPK", b""),
        ("sample/config.py", b"TOKEN = 'dapi" + b"0123456789abcdef" * 2 + b"'"),
        ("sample/config.py", b"TOKEN = 'ghp_" + b"aB3dE6gH9k" * 3 + b"aB3dE6'"),
        ("sample/config.py", b"TOKEN=github_pat_" + b"aB3dE6gH9_" * 8),
        ("sample/config.py", b"https://xoxb-" + b"1234567890-" * 3 + b"a@host"),
        ("sample/notes.txt", b"AKIAQ3ZTLMNPXVRWYBKC / " + AWS_SECRET),
    ],
)
def test_secrets_are_refused_by_name(path: str, data: bytes) -> None:
    assert find_secret(path, data)
    with pytest.raises(ProjectFailed) as caught:
        read(make_wheel({path: data}))
    assert path in caught.value.message
    assert AWS_SECRET.decode() not in str(vars(caught.value))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("sample/.env.example", b"TOKEN="),
        ("sample/.env.production.template", b""),
        ("sample/environment.py", b""),
        ("sample/prod_env.py", b""),
        ("sample/p12.py", b""),
        ("sample/words.txt", b"dapihood, ghp_short, xoxb-short, dapi" + b"0123456789abcdef" * 3),
        ("sample/id_rsa.pub", b"ssh-rsa AAAA"),
        ("sample/cacert.pem", PEM.replace(b"PRIVATE KEY", b"CERTIFICATE")),
        ("sample/pem.py", b'HEADER = "-----BEGIN PRIVATE KEY-----"\nFOOTER = "-----END PRIVATE KEY-----"\n'),
        ("sample/pem.py", PEM.replace(KEY_BODY.encode(), b"many words of code between the two\n" * 9)),
        ("sample/doc.md", b"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
        ("sample/doc.ini", b"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("sample/doc.ini", b"aws_secret_access_key = " + b"x" * 40),
        ("sample/code.py", b"aws_secret_access_key=self._settings.secrets.access_key_of_this_one"),
        ("sample/ids.txt", b"AKIAQ3ZTLMNPXVRWYBKC " + b"0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_what_only_looks_like_a_secret(path: str, data: bytes) -> None:
    assert find_secret(path, data) is None


# Restamping


def test_restamped_names() -> None:
    files = {
        "sample/": b"",
        "sample/__init__.py": b"",
        "My_Sample-1.2.0.data/scripts/go": b"#!python\n",
        "My_Sample-1.2.0.json": b"{}",
    }
    data = make_wheel(files, stem="My_Sample-1.2.0", extra={"licenses/My_Sample-1.2.0": b"text"})
    wheel = restamp(read(data, "My_Sample-1.2.0-py3-none-any.whl"), "0+feature.x")
    assert wheel.file == "my_sample-0+feature.x-py3-none-any.whl"
    assert (wheel.distribution, wheel.version) == ("My_Sample", "0+feature.x")
    assert names(wheel) == [
        "sample/",
        "sample/__init__.py",
        "my_sample-0+feature.x.data/scripts/go",
        "My_Sample-1.2.0.json",
        "my_sample-0+feature.x.dist-info/METADATA",
        "my_sample-0+feature.x.dist-info/WHEEL",
        "my_sample-0+feature.x.dist-info/licenses/My_Sample-1.2.0",
        "my_sample-0+feature.x.dist-info/RECORD",
    ]
    check_record(wheel.file, wheel.data)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_header_of_the_version_changes(newline: str) -> None:
    text = (
        "Metadata-Version: 2.1\nSummary: größer\n Version: 9\nName: sample\nVERSION: \n 1.2.0\n"
        "Requires-Dist: six\nKeywords: a,\n\tVersion: 8\nVersion: 6\n\nVersion: 1.2.0\n\nVersion: 7\n"
    )
    meta = text.replace("\n", newline).encode()
    wheel = restamp(read(make_wheel(meta=meta)), "0+latest")
    expected = text.replace("VERSION: \n 1.2.0", "VERSION: 0+latest").replace("\n", newline).encode()
    assert contents(wheel)["sample-0+latest.dist-info/METADATA"] == expected
    check_record(wheel.file, wheel.data)


def test_signatures_of_the_old_record_go() -> None:
    signed = {"RECORD.jws": b"{}", "RECORD.p7s": b"x", "RECORD.sig": b"x", "RECORDS": b"kept"}
    restamped = restamp(read(make_wheel(extra=signed)), "0+latest")
    kept = [name.rpartition("/")[2] for name in names(restamped) if "RECORD" in name]
    assert kept == ["RECORDS", "RECORD"]
    check_record(restamped.file, restamped.data)


def test_the_record_is_written_anew() -> None:
    wrong = read(make_wheel(rows=[record_row("sample/__init__.py", b"other")]))
    with pytest.raises(WheelFile.validation_error):
        check_record(wrong.file, wrong.data)
    right = restamp(wrong, "1.2.0")
    check_record(right.file, right.data)


def test_attributes_times_and_compression_stay() -> None:
    buffer = io.BytesIO(make_wheel())
    with zipfile.ZipFile(buffer, "a") as archive:
        for number, (mode, method) in enumerate(
            [(0o100755, zipfile.ZIP_STORED), (0, zipfile.ZIP_DEFLATED), (0o100600, zipfile.ZIP_BZIP2)]
        ):
            info = zipfile.ZipInfo(f"sample/{number}", (2001, 2, 3, 4, 5, 6))
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, b"x" * 1000)
            info.external_attr = mode << 16
    old = read(buffer.getvalue())
    new = restamp(old, "0+latest")

    def facts(wheel: Wheel) -> list[tuple[object, ...]]:
        infos = zipfile.ZipFile(io.BytesIO(wheel.data)).infolist()
        return [(i.external_attr, i.date_time, i.compress_type, i.create_system) for i in infos]

    assert facts(new) == facts(old)
    check_record(new.file, new.data)


@pytest.mark.parametrize("line", ["sample>=1", "Sample==1.2.0", "sample[fast]==1.2.0; extra == 'all'"])
def test_a_library_that_requires_its_own_version_is_refused(line: str) -> None:
    wheel = read(make_wheel(meta=metadata("sample", "1.2.0", f"Requires-Dist: {line}")))
    with pytest.raises(ProjectFailed, match="its own version"):
        restamp(wheel, "0+latest")


def test_a_library_may_require_its_own_extras() -> None:
    wheel = read(make_wheel(meta=metadata("sample", "1.2.0", "Requires-Dist: sample[fast]; extra == 'all'")))
    assert restamp(wheel, "0+latest").requires == wheel.requires


_part = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters='/\\:"\0'),
    min_size=1,
    max_size=8,
).filter(lambda part: part not in (".", ".."))
_paths = st.lists(_part, min_size=1, max_size=3).map("/".join)
_roots = st.sampled_from(
    ["", "sample/", "sample-1.2.0.data/data/", "sample-1.2.0.data/scripts/", 'a "q", b/']
)
_files = st.dictionaries(st.builds(str.__add__, _roots, _paths), st.binary(max_size=40), max_size=6)
_headers = st.lists(
    st.sampled_from(
        [
            "Summary: größer, 大きい",
            "Description: first\n        |Version: 3",
            "Classifier: Version :: 3",
            "Home-page: x",
            "X-Version: 4",
        ]
    ),
    max_size=4,
)
_bodies = st.sampled_from(["", "Version: 5\n", "\n\nVersion: 5\nName: other\n", "текст\r\nVersion: 6"])


def _can_be_a_package(files: dict[str, bytes]) -> bool:
    file_and_folder = any(b.startswith(f"{a}/") for a in files for b in files)
    return not file_and_folder and not any(find_secret(path, data) for path, data in files.items())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=_files.filter(_can_be_a_package),
    headers=_headers,
    body=_bodies,
    algorithm=st.sampled_from(["sha256", "sha384", "sha512"]),
    crlf=st.booleans(),
    suffixes=st.lists(st.sampled_from(SUFFIXES), min_size=1, max_size=3),
)
def test_every_restamped_wheel_is_whole(
    files: dict[str, bytes],
    headers: list[str],
    body: str,
    algorithm: str,
    crlf: bool,
    suffixes: list[str],
) -> None:
    meta = metadata("sample", "1.2.0", *headers, body=body)
    if crlf:
        meta = meta.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    built = read(make_wheel(files, meta=meta, algorithm=algorithm))
    check_record(built.file, built.data)
    wheel = built
    for version in suffixes:
        wheel = restamp(wheel, version)
    again = restamp(wheel, suffixes[-1])
    assert again.data == wheel.data
    assert restamp(built, suffixes[-1]).data == wheel.data, "the way there leaves no trace"
    check_record(wheel.file, wheel.data)
    assert read(wheel.data, wheel.file) == wheel, "as if it had been unzipped again"
    assert wheel.payload == built.payload
    old, new = contents(built), contents(wheel)
    assert [*old.values()][:-3] == [*new.values()][:-3], "the payload's bytes and their order"
    parsed_old, parsed_new = (
        BytesParser().parsebytes(c[f"sample-{v}.dist-info/METADATA"])
        for c, v in ((old, "1.2.0"), (new, suffixes[-1]))
    )
    assert parsed_new["Version"] == suffixes[-1]
    del parsed_old["Version"], parsed_new["Version"]
    assert sorted(parsed_old.items()) == sorted(parsed_new.items())
    assert parsed_old.get_payload() == parsed_new.get_payload()


# Installing


def test_restamped_wheels_install_with_pip_and_with_uv(tmp_path: Path) -> None:
    """One library for each suffix: a target folder holds one version of a library only."""
    meta = "Summary: größer"
    wheels = []
    expected = {}
    for number, version in enumerate(SUFFIXES):
        stem = f"My.Sample_{number}-1.2.0"
        files = {
            f"sample_{number}/__init__.py": b"ANSWER = 42\n",
            f'sample_{number}/größer "q", 1.txt': b"x",
            f"{stem}.data/data/share/sample_{number}.txt": b"shared",
            f"{stem}.data/scripts/sample-{number}": b"#!python\nprint(42)\n",
        }
        data = make_wheel(
            files, stem=stem, meta=metadata(f"My.Sample_{number}", "1.2.0", meta), algorithm="sha384"
        )
        wheel = restamp(read(data, f"{stem}-py3-none-any.whl"), version)
        path = tmp_path / wheel.file
        path.write_bytes(wheel.data)
        wheels.append(str(path))
        expected[f"My.Sample_{number}"] = version
        assert str(Version(version)) == version
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    for tool, install in {
        "pip": [sys.executable, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"],
        "uv": [find_uv_bin(), "pip", "install"],
    }.items():
        target = tmp_path / tool
        done = subprocess.run(
            [*install, "--no-deps", "--no-index", "--target", str(target), *wheels],
            env=clean,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen = subprocess.run(
            [
                sys.executable,
                "-I",
                "-c",
                "import importlib.metadata as m, json, sys\n"
                "found = m.distributions(path=sys.argv[1:])\n"
                "print(json.dumps({d.metadata['Name']: d.version for d in found}))",
                str(target),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(seen.stdout) == expected
        assert (target / "share" / "sample_0.txt").read_bytes() == b"shared"


def test_a_requirement_with_credentials_is_refused_and_not_shown() -> None:
    url = "https://me:hush@example.com/lake-1.0-py3-none-any.whl"
    for line in (f"lake @ {url}", f'lake @ {url} ; extra == "more"', f"lake @ {url} ; and"):
        meta = metadata("sample", "1.2.0", f"Requires-Dist: {line}", "Provides-Extra: more")
        with pytest.raises(ProjectFailed, match="Requires-Dist: a URL holds credentials") as caught:
            read(make_wheel(meta=meta))
        assert "hush" not in str(vars(caught.value))
