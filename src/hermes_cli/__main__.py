"""The `hermes` command, also as `python -m hermes_cli`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from hermes_cli.cli.app import run

    run()


if __name__ == "__main__":
    main()
