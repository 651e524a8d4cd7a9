"""The `hermes` command, also as `python -m hermes_cli`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    try:
        _fill_closed_streams()
        from hermes_cli.cli.framework.fast_path import answer, prepare

        code = answer(sys.argv[1:])
        if code is None:
            prepare(sys.argv[1:])
            from hermes_cli.cli.framework.app import run

            run()
        sys.exit(code)
    except KeyboardInterrupt:  # before there is a command that could say so
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stderr.write("error: interrupted\n")
        from hermes_cli.domain.contract.errors import ExitCode

        sys.exit(ExitCode.INTERRUPTED)


def _fill_closed_streams() -> None:
    """Let a standard stream that is closed (`>&-`) lead nowhere: the next file opened would take its number."""
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
