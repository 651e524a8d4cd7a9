"""How the work is followed: in few lines of a log, and live on real terminals, of which nothing stays."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from hermes_cli.cli.output.progress import Tally
from hermes_cli.domain.events import Event, Stage
from screens import Screen

PATIENCE = 60  # seconds after which a program is taken to hang

# as lines


def log_of(stage: Stage, *, failing: tuple[str, ...] = ()) -> list[str]:
    """The lines of a log when a stage goes through all its projects, one after the other."""
    tally = Tally()
    names = [f"p{number}" for number in range(stage.total)]
    told = [
        tally.hear(event)
        for name in names
        for event in (
            stage.begun(name),
            Event(subject=name, message="resolving its dependencies"),
            stage.ended(name, failed=name in failing),
        )
    ]
    return [line for text in told if text for line in text.splitlines()]


def test_a_log_names_each_of_a_few_projects() -> None:
    assert log_of(Stage(name="building", total=2)) == [
        "p0: building",
        "p0: resolving its dependencies",
        "p1: building",
        "p1: resolving its dependencies",
    ]


def test_a_log_counts_many_projects_and_names_those_that_fail() -> None:
    lines = log_of(Stage(name="deploying to dev", total=200), failing=("p30",))
    assert lines[:4] == [
        "deploying to dev: 200 projects",
        "deploying to dev: 20 of 200 done",
        "p30: deploying to dev failed",
        "deploying to dev: 40 of 200 done, 1 failed",
    ]
    assert lines[-1] == "deploying to dev: 200 of 200 done, 1 failed"
    assert len(lines) == 12


# as rows


def drawn(tally: Tally, width: int) -> list[str]:
    return ["".join(text for text, _ in row) for row in tally.rows(width, 75, ("#", "-"))]


def half_done() -> Tally:
    tally = Tally()
    building, deploying = Stage(name="building", total=40), Stage(name="deploying to dev", total=39)
    for number in range(40):
        tally.hear(building.begun(f"p{number}"))
        tally.hear(building.ended(f"p{number}", failed=number == 7))
    for number in range(13):
        tally.hear(deploying.begun(f"p{number}"))
    tally.hear(deploying.ended("p3", failed=False))
    return tally


def test_rows_tell_how_far_each_stage_is_and_what_is_being_done() -> None:
    assert drawn(half_done(), 77) == [
        "building          40/40  ########################################  1 failed",
        "deploying to dev   1/39  #---------------------------------------",
        "1:15  p0, p1, p2, p4, p5, p6, p7, p8, p9, p10, p11, p12",
    ]


@pytest.mark.parametrize("width", range(1, 100))
def test_rows_fit_and_tell_no_half_of_a_note(width: int) -> None:
    rows = drawn(half_done(), width)
    assert max(map(len, rows)) <= width
    assert "failed" in rows[0] or "1 f" not in rows[0]
    assert width < 40 or "40/40" in rows[0]


def test_of_one_thing_rows_tell_the_step() -> None:
    tally = Tally()
    tally.hear(Stage(name="building", total=1).begun("shop"))
    tally.hear(Event(subject="shop", message="resolving its dependencies"))
    assert drawn(tally, 77)[1] == "1:15  shop: resolving its dependencies"


# on a terminal

# Does what it is told, line by line, while it shows progress as a command does. Its clock stands still.
PROGRAM = """
import sys, threading
from hermes_cli.cli.output import redrawing
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import Interrupted
from hermes_cli.domain.events import Event, Stage

redrawing._DELAY = 0
redrawing.time.monotonic = lambda: 0.0
printer = Printer(command="deploy")
stage = Stage(name="building", total=40)

def warn(text):
    notify(Event(subject="shop", message=text, warning=True))

def crowd():
    def work(number):
        for turn in range(25):
            name = f"p{number}-{turn}"
            notify(stage.begun(name))
            warn(name)
            notify(stage.ended(name, failed=False))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

try:
    with printer.progress() as notify:
        with open(int(sys.argv[1])) as told:
            for line in told:
                exec(line)
    printer.say("the result")
except KeyboardInterrupt:
    printer.fail(Interrupted("interrupted"))
print("rich" in sys.modules, file=open(sys.argv[2], "w"))
"""


class Session:
    """The program on a terminal of its own, and what is to be seen there."""

    def __init__(self, width: int, variables: dict[str, str], folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(width)
        self.screen = Screen(width)
        self.written = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._loaded = folder / "rich.txt"
        read, self._write = os.pipe()
        settings = termios.tcgetattr(theirs)
        settings[1] &= ~termios.OPOST  # a line ends as it was written
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        foreign = ("CI", "NO_COLOR", "COLUMNS", "LINES", "GITHUB_ACTIONS", "FORCE_COLOR")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(read), str(self._loaded)],
            env={**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1", **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            pass_fds=(read,),
        )
        os.close(theirs)
        os.close(read)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def tell(self, *statements: str) -> None:
        os.write(self._write, "".join(f"{one}\n" for one in statements).encode())

    def see(self, condition: Callable[[Screen], bool]) -> None:
        """Wait until that is to be seen."""
        while not condition(self.screen):
            assert self._read(), f"it ended: {self.screen.lines}"

    def resize(self, width: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def end(self) -> list[str]:
        """All that is on the terminal when the program has ended."""
        os.close(self._write)
        while self._read():
            pass
        assert self.process.wait(PATIENCE) == 0
        assert self.screen.cursor_is_shown
        return self.screen.lines

    @property
    def loaded_rich(self) -> bool:
        return self._loaded.read_text() == "True\n"

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        assert ready, f"nothing more came: {self.screen.lines}"
        try:
            text = self._decoder.decode(os.read(self._ours, 65536))
        except OSError:
            return False  # Linux ends a terminal that nobody holds any more this way
        self.written += text
        self.screen.feed(text)
        return True


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def start(width: int = 80, **variables: str) -> Session:
        sessions.append(Session(width, variables, tmp_path))
        return sessions[-1]

    yield start
    for session in sessions:
        with session:
            pass


def building(screen: Screen) -> bool:
    return any(line.startswith("building") for line in screen.lines)


@pytest.mark.parametrize("width", [80, 40, 12])
def test_what_threads_say_meanwhile_stays_whole_and_nothing_else_does(
    terminal: Callable[..., Session], width: int
) -> None:
    session = terminal(width)
    session.tell("notify(stage.begun('first'))")
    session.see(building)
    session.tell("crowd()")
    lines = session.end()
    assert lines[-1] == "the result"
    wanted = {number: [f"shop: p{number}-{turn}" for turn in range(25)] for number in range(8)}
    for number, whole in wanted.items():
        assert [line for line in lines if line.startswith(f"shop: p{number}-")] == whole
    assert len(lines) == 8 * 25 + 1


def test_a_terminal_that_changes_its_width_keeps_what_was_said(terminal: Callable[..., Session]) -> None:
    session = terminal(80)
    session.tell("warn('before')", "notify(stage.begun('a_project_of_a_long_name'))")
    session.tell("notify(stage.begun('another_project_of_a_long_name'))")
    session.see(lambda screen: any("another_project" in line for line in screen.lines))  # and stands still
    for number, width in enumerate((25, 60, 10, 80)):
        session.resize(width)
        session.screen.resize(width)
        session.tell(f"warn('at {number}')")

        def told(screen: Screen, said: str = f"shop: at {number}") -> bool:
            return said in screen.lines and screen.lines[-1].startswith("0:00")

        session.see(told)
    assert session.end() == [
        "shop: before",
        "shop: at 0",
        "shop: at 1",
        "shop: at 2",
        "shop: at 3",
        "the result",
    ]


def test_an_interrupt_leaves_a_clean_line_and_the_cursor(terminal: Callable[..., Session]) -> None:
    session = terminal(80)
    session.tell("notify(stage.begun('shop'))")
    session.see(building)
    assert not session.screen.cursor_is_shown
    session.screen.feed("^C")  # as a terminal echoes it
    session.process.send_signal(signal.SIGINT)
    assert session.end() == ["error: interrupted"]


def test_colour_is_a_matter_of_taste(terminal: Callable[..., Session]) -> None:
    for variables in ({}, {"NO_COLOR": "1"}):
        session = terminal(80, **variables)
        session.tell("notify(stage.begun('shop'))", "notify(stage.ended('shop', failed=True))")
        session.see(building)
        session.tell("warn('odd')")
        assert session.end() == ["shop: odd", "the result"]
        assert ("\x1b[3" in session.written) is (not variables)
        assert any(code in session.written for code in ("\x1b[2m", "\x1b[1;31m")) is (not variables)


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}], ids=str)
def test_where_nobody_can_follow_there_are_lines(
    terminal: Callable[..., Session], variables: dict[str, str]
) -> None:
    session = terminal(80, **variables)
    session.tell("notify(stage.begun('first'))", "warn('odd')")
    assert session.end() == ["building: 40 projects", "shop: odd", "the result"]
    assert "\x1b[2K" not in session.written
    assert not session.loaded_rich


def test_what_is_over_at_once_is_not_shown_and_loads_no_rich(terminal: Callable[..., Session]) -> None:
    session = terminal(80)
    session.tell("redrawing._DELAY = 3600", "notify(stage.begun('shop'))", "warn('odd')")
    assert session.end() == ["shop: odd", "the result"]
    assert not session.loaded_rich
