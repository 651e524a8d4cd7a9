"""The `hermes` command, also as `python -m hermes_cli`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and end the process: nothing else in Hermes ends it."""
    code = _exit_code(sys.argv[1:])
    gc.freeze()  # else the interpreter searches all that was imported for garbage before it ends: a tenth of `ls`
    sys.exit(code)


def _exit_code(arguments: list[str]) -> int:
    try:
        _fill_closed_streams()
        from hermes_cli.cli.framework.fast_path import answer, warm_up

        code = answer(arguments)
        if code is not None:
            return code
        warm_up(arguments)
        from hermes_cli.cli.framework.process import run

        return run()
    except KeyboardInterrupt:  # before there is a command that could say so
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stderr.write("error: interrupted\n")
        from hermes_cli.domain.contract.errors import ExitCode

        return ExitCode.INTERRUPTED


def _fill_closed_streams() -> None:
    """Connect a standard stream that is closed (`>&-`) to nothing: the next file opened would take its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


if __name__ == "__main__":
    main()
