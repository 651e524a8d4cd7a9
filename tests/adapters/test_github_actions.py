"""What GitHub's runner and GitHub's pages make of what is written for them: the very text, and nothing more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.control import strip_control_codes

from hermes_cli.adapters.github_actions import (
    OUTPUT_LIMIT,
    SUMMARY_LIMIT,
    Problem,
    Summary,
    annotation,
    disarm,
    disarm_json,
    escape_markdown,
    locate,
    markdown,
    output,
    places,
    write_outputs,
    write_summary,
)
from hermes_cli.domain.check_rules import Level
from hermes_cli.domain.contract.errors import HermesError

COMMANDS = {"error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "stop-commands", "echo"}
# Texts made of what means something to the runner, to Markdown or to HTML, and any other.
WORDS = ["::", ":", "error", "add-mask", "##[", "]", "%0A", "%25", "%", "\n", "\r", " ", "\t", ",", "="]
WORDS += ["|", "`", "```", "**", "_", "~~", "<", ">", "</td>", "<img src=x>", "<!--", "&lt;", "&#35;", "\\"]
WORDS += ["# ", "- ", "1. ", "---", "[a](b)", "![", "https://a.b", "www.a.b", "a@b.c", "$x$", "\x07", "\x0b"]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=12).map("".join)


def log_lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def command_in(line: str) -> tuple[str, dict[str, str], str] | None:
    """The workflow command of a line as the runner reads it: name, properties, message."""
    line = line.lstrip()
    if line.startswith("::") and "::" in line[2:]:
        head, message = line[2:].split("::", 1)
        name, _, rest = head.partition(" ")
        if name in COMMANDS:
            pairs = [pair.split("=", 1) for pair in rest.strip().split(",") if "=" in pair]
            return name, {key: unescaped(value) for key, value in pairs}, unescaped(message, data=True)
    if "##[" in line and "]" in line.split("##[", 1)[1]:
        head, message = line.split("##[", 1)[1].split("]", 1)
        if head.split(" ")[0] in COMMANDS:
            return head.split(" ")[0], {}, message
    return None


def unescaped(text: str, *, data: bool = False) -> str:
    for code, char in [("%0D", "\r"), ("%0A", "\n"), *([] if data else [("%3A", ":"), ("%2C", ",")])]:
        text = text.replace(code, char)
    return text.replace("%25", "%")


def outputs_in(text: str) -> dict[str, str]:
    """The outputs of a file as the runner reads them."""
    lines = text.split("\n")
    found = {}
    while lines:
        line = lines.pop(0)
        if line:
            name, _, delimiter = line.partition("<<")
            assert delimiter, f"{line!r} is no output"
            end = lines.index(delimiter)
            found[name] = "\n".join(lines[:end])
            del lines[: end + 1]
    return found


class Page(HTMLParser):
    """The elements and the text of a rendered summary."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cells and self.tags[-1] in ("td", "th") and data.strip("\n"):
            self.cells[-1] += data


# the log


@given(message=TEXTS, title=TEXTS, file=TEXTS.filter(bool), line=st.integers(1, 10**6))
@example(message="100%0A", title="a:b,c=d", file="x,y=z.py", line=1)
def test_a_runner_reads_from_an_annotation_what_was_meant(
    message: str, title: str, file: str, line: int
) -> None:
    told = annotation(Problem(message=message, file=file, line=line, column=7), title=title or "t")
    assert len(log_lines(told)) == 1
    properties = {"title": title or "t", "file": file, "line": str(line), "col": "7"}
    assert command_in(told) == ("error", properties, message)


def test_an_annotation_tells_the_next_step_and_what_it_is() -> None:
    problem = Problem(message="shop is odd", hint="mend it", level=Level.WARNING)
    assert (
        annotation(problem, title="hermes test") == "::warning title=hermes test::shop is odd%0Anext: mend it"
    )
    assert annotation(replace(problem, line=3), title="t") == annotation(problem, title="t")
    assert annotation(replace(problem, level=Level.NOTE), title="t").startswith("::notice title=t::")


@given(text=TEXTS)
@example(text="\u3000::error::x")
@example(text="a ##[add-mask]x")
@example(text=":\r:error::x")
@example(text="#\x07#[error]x")
@example(text="\x07::error::x")
@example(text="50%\r::error::x")
@example(text="::::error::x")
def test_no_line_that_is_said_is_a_command(text: str) -> None:
    said = disarm(text)
    for printed in (said, strip_control_codes(said)):  # rich takes out some of what is invisible
        assert [line for line in log_lines(printed) if command_in(line)] == []
    assert disarm(said) == said


def test_a_line_that_is_no_command_stays_as_it_is() -> None:
    for text in ("shop: built", "a::b\n  c::d", "\x1b[31mred\x1b[0m", "## [x", "{::}", ""):
        assert disarm(text) == text
    assert disarm("  \n\t::error::x") == "  \n\t: :error::x"


@given(value=st.dictionaries(TEXTS, TEXTS))
def test_json_says_the_same_and_commands_nothing(value: dict[str, str]) -> None:
    document = disarm_json(json.dumps(value, indent=2))
    assert json.loads(document) == value
    assert [line for line in log_lines(document) if command_in(line)] == []


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("shop/pyproject.toml:3: no version", [("shop/pyproject.toml", 3)]),
        ("dev: failed shop@1.0: shop/shop.py:12: not valid", [("shop/shop.py", 12)]),
        ("hermes.toml is not UTF-8 text", [("hermes.toml", None)]),
        ("it failed\nshop/a.py:7: here", [("shop/a.py", 7)]),
        ("s3://bucket/key is missing", []),
        ("deploy to prod refused: a branch", []),
    ],
)
def test_a_message_may_name_a_file_and_its_line(message: str, found: list[tuple[str, int | None]]) -> None:
    assert list(places(message)) == found


def test_a_place_is_a_file_of_the_checkout_by_its_path_there(tmp_path: Path) -> None:
    repo = tmp_path / "checkout" / "data"
    (repo / "shop").mkdir(parents=True)
    (repo / "shop" / "shop.py").write_text("")
    (tmp_path / "secret.txt").write_text("")
    environ = {"GITHUB_WORKSPACE": str(tmp_path / "checkout")}

    def find(message: str, folder: Path, environ: dict[str, str]) -> tuple[str | None, int | None]:
        found = locate(Problem(message=message), folder, environ)
        return found.file, found.line

    for folder in (repo, repo / "shop"):  # a message names files from the top of the repo
        assert find("shop/shop.py:3: odd", folder, environ) == ("data/shop/shop.py", 3)
        own = Problem(message="shop/absent.py:9: odd", file="shop/shop.py", line=3, column=2)
        assert locate(own, folder, environ) == replace(own, file="data/shop/shop.py")
    assert find(f"{repo}/shop/shop.py: odd", repo, environ) == ("data/shop/shop.py", None)
    assert find("shop/shop.py: odd", repo, {}) == ("shop/shop.py", None)
    for message in ("shop/absent.py: odd", "../../secret.txt: odd", "shop/: odd", "x" * 5000 + ".py: odd"):
        assert find(message, repo, environ) == (None, None)
    assert find("secret.txt: odd", tmp_path, environ) == (None, None)


# outputs


@given(values=st.dictionaries(st.sampled_from(["result", "exit-code", "deployed"]), TEXTS))
def test_outputs_are_read_as_they_were_written(values: dict[str, str]) -> None:
    assert outputs_in("".join(output(name, value) for name, value in values.items())) == values


def test_each_output_has_a_delimiter_that_nobody_can_guess() -> None:
    found = {output("name", "one line").split("\n")[0] for _ in range(20)}
    assert len(found) == 20
    assert all(re.fullmatch(r"name<<hermes_[0-9a-f]{32}", line) for line in found)


@pytest.mark.parametrize("before", ["", "a=1\n", "a=1"])
def test_what_others_wrote_before_stays(tmp_path: Path, before: str) -> None:
    paths = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in paths.values():
        path.write_text(before)
    environ = {name: str(path) for name, path in paths.items()}
    for number in ("1", "2"):
        write_outputs(environ, {"result": number})
        write_summary(environ, Summary(title=f"title {number}"))
    kept = before + "\n" * (before == "a=1")
    text = paths["GITHUB_OUTPUT"].read_text()
    assert text.startswith(kept)
    assert outputs_in(text.removeprefix(kept)) == {"result": "2"}
    gap = "\n" if before else ""
    assert paths["GITHUB_STEP_SUMMARY"].read_text() == f"{kept}{gap}### title 1\n\n### title 2\n"


def test_an_output_that_github_would_not_take_is_empty_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write_outputs({"GITHUB_OUTPUT": str(path)}, {"result": "x" * (OUTPUT_LIMIT + 1), "exit-code": "0"})
    assert outputs_in(path.read_text()) == {"result": "", "exit-code": "0"}


def test_files_that_are_not_named_are_not_written_and_others_are_told_of(tmp_path: Path) -> None:
    write_outputs({}, {"a": "b"})
    write_summary({"GITHUB_STEP_SUMMARY": ""}, Summary(title="t"))
    assert list(tmp_path.iterdir()) == []
    absent = str(tmp_path / "absent" / "file")
    with pytest.raises(HermesError, match=r"GITHUB_OUTPUT: .*absent/file cannot be written: No such file"):
        write_outputs({"GITHUB_OUTPUT": absent}, {"a": "b"})
    with pytest.raises(HermesError, match=r"GITHUB_STEP_SUMMARY: .* cannot be written: Is a directory"):
        write_summary({"GITHUB_STEP_SUMMARY": str(tmp_path)}, Summary(title="t"))


# the summary


def shown(text: str) -> str:
    """A text as it stands on a page, where what is invisible is named."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text).strip(" ")


def without_spaces(text: str) -> str:
    """A text without its spaces, of which HTML shows less than there are."""
    return "".join(text.split())


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
@example(rows=[("a|b", "<script>alert(1)</script>"), ("\\|", "`x|y`"), ("[a](https://b.c)", "#1 @b !")])
@example(rows=[("\udce9", "\u202egnp.exe\x00")])
def test_a_page_shows_the_table_as_it_is(rows: list[tuple[str, str]]) -> None:
    page = Page(markdown(Summary(title="t", columns=("one", "two"), rows=tuple(rows))))
    assert set(page.tags) <= {"h3", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.cells == ["one", "two", *(shown(cell) for row in rows for cell in row)]


@given(message=TEXTS, hint=TEXTS)
@example(message="a\n\n# b", hint="<b>")
@example(message="    code", hint="``` ")
def test_a_page_shows_problems_as_they_are(message: str, hint: str) -> None:
    page = Page(markdown(Summary(title="hermes deploy", problems=(Problem(message=message, hint=hint),))))
    assert set(page.tags) <= {"h3", "ul", "li", "strong", "br"}
    first, _, more = message.strip().partition("\n")
    expected = f"error: {shown(first)}" + (" (more in the log)" if more else "")
    if hint:
        expected += f"next: {shown(hint)}"
    assert without_spaces(page.text) == without_spaces(f"hermes deploy {expected}")


def test_a_page_names_the_file_and_line_of_a_finding() -> None:
    found = Problem(message="no lower bound", level=Level.WARNING, file="shop/pyproject.toml", line=9)
    assert "**warning**: shop/pyproject.toml:9: no lower bound" in markdown(
        Summary(title="t", problems=(found, replace(found, file=None)))
    )


def test_addresses_are_no_links_on_github() -> None:
    text = escape_markdown("see https://a.b/c, WWW.a.b and hermes.toml:3: it's (this) - that")
    assert text == "see https&#58;//a.b/c, WWW&#46;a.b and hermes.toml:3: it's (this) - that"


@given(
    rows=st.lists(st.tuples(TEXTS), max_size=60),
    messages=st.lists(TEXTS, max_size=30),
    room=st.integers(900, 4000),
)
@settings(max_examples=40)
def test_a_summary_fits_and_says_how_much_is_left_out(
    rows: list[tuple[str]], messages: list[str], room: int
) -> None:
    problems = tuple(Problem(message=message) for message in messages)
    rows = rows * 20
    summary = Summary(title="t", columns=("one",), rows=tuple(rows), problems=problems)
    text = markdown(summary, room)
    assert len(text.encode()) <= room
    missing = sum(int(number) for number in re.findall(r"^(\d+) more do not fit here", text, re.MULTILINE))
    page = Page(text)
    assert max(page.tags.count("tr") - 1, 0) + page.tags.count("li") + missing == len(rows) + len(messages)


def test_a_huge_summary_keeps_its_errors_and_stays_below_githubs_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("x" * 1000)
    rows = tuple((f"project{number}", "<" * 200) for number in range(5000))
    problem = Problem(message="<" * 3_000_000, hint="next step")
    write_summary(
        {"GITHUB_STEP_SUMMARY": str(path)},
        Summary(title="t", columns=("a", "b"), rows=rows, problems=(problem,)),
    )
    text = path.read_text()
    assert SUMMARY_LIMIT - 5000 < path.stat().st_size <= SUMMARY_LIMIT
    assert text.endswith("…<br>next: next step\n")
    assert "more do not fit here" in text

    before = path.stat().st_size
    path.write_text("x" * SUMMARY_LIMIT)
    with pytest.raises(HermesError, match="no room left"):
        write_summary({"GITHUB_STEP_SUMMARY": str(path)}, Summary(title="t"))
    assert before <= path.stat().st_size <= SUMMARY_LIMIT + 1
