"""Draw the progress at the bottom of a terminal, and remove it at the end."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, TextIO

from .progress import Tally

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

# Seconds. Shorter work needs no display, and loading rich takes a while.
_DELAY = 0.5
_TICK = 0.1
# Columns at the end of a row that stay free: a terminal echoes ^C there.
_MARGIN = 3


class Display:
    """The progress display, drawn in a thread of its own: the work waits neither for rich nor for the terminal."""

    def __init__(self, tally: Tally, stream: TextIO, *, coloured: bool) -> None:
        self._tally = tally
        self._stream = stream
        self._coloured = coloured
        self._begin = time.monotonic()
        self._ended = threading.Event()
        self._gone = threading.Event()  # `join` may take an interrupted wait for the thread's end
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._rows: list[list[tuple[str, str]]] = []  # what is drawn
        threading.Thread(target=self._follow, daemon=True).start()

    def write(self, text: str) -> None:
        """Write lines that stay, above what is drawn."""
        with self._lock:
            if self._live is None:
                self._stream.write(f"{text}\n")
            else:
                self._follow_up(self._live)
                self._live.console.out(text, highlight=False)

    def end(self) -> None:
        """Remove the display, or never draw it if that has not happened yet."""
        self._ended.set()
        with self._lock:
            drawn = self._live is not None
        if not drawn:
            return  # its thread may be loading rich, which nobody waits for
        try:
            self._gone.wait()
        except KeyboardInterrupt:  # the cursor must come back, whatever is pressed
            self._gone.wait()
            raise

    def _follow(self) -> None:
        try:
            with contextlib.suppress(OSError):  # the terminal is gone: the work is not
                self._draw_until_ended()
        finally:
            self._gone.set()

    def _draw_until_ended(self) -> None:
        while not self._tally.begun:
            if self._ended.wait(_TICK):
                return
        if self._ended.wait(_DELAY):
            return
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self._stream, force_terminal=True, color_system="standard" if self._coloured else None
        )
        with self._lock:
            if self._ended.is_set():
                return
            self._live = live = Live(
                self,
                console=console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            live.start()
        try:
            while not self._ended.is_set():
                with self._lock:
                    if self._rows != self._now(console):
                        self._follow_up(live)
                        live.refresh()
                self._ended.wait(_TICK)
        finally:
            with self._lock:
                self._live = None
                self._follow_up(live)
                live.stop()

    def _now(self, console: Console) -> list[list[tuple[str, str]]]:
        bar = ("━", "─") if console.encoding.startswith("utf") else ("#", "-")
        seconds = int(time.monotonic() - self._begin)
        return self._tally.rows(max(console.width - _MARGIN, 1), seconds, bar)

    def __rich__(self) -> Text:
        """Return the rows to draw; rich calls this for each drawing."""
        from rich.text import Text

        return Text("\n", no_wrap=True, overflow="crop").join(Text.assemble(*row) for row in self._rows)

    def _follow_up(self, live: Live) -> None:
        """Prepare the next drawing: read the current rows, and erase lines that the last one left.

        A terminal that became narrower has folded its rows, and rich counts each as one line.
        """
        lengths = [sum(len(text) for text, _ in row) for row in self._rows]
        folded = sum((length - 1) // live.console.width for length in lengths if length)
        if folded:
            self._stream.write("\r\x1b[2K" + "\x1b[1A\x1b[2K" * folded)
        self._rows = self._now(live.console)
