"""The `hermes` command, also as `python -m hermes_cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from hermes_cli.cli.front import answer, prepare

        code = answer(sys.argv[1:])
        if code is None:
            prepare(sys.argv[1:])
            from hermes_cli.cli.app import run

            run()
        sys.exit(code)
    except KeyboardInterrupt:  # before there is a command that could say so
        sys.stderr.write("error: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
