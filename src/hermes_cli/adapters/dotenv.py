"""Read a .env file: variables, such as secrets, that are kept on this machine only."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from hermes_cli.domain.contract.errors import InvalidInput

FILE = ".env"


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the variables of a file as they are written: nothing is expanded. Empty where there is no file.

    Raises `InvalidInput` for a line that cannot be read, by its number alone: it may hold a secret.
    """
    from dotenv.parser import parse_stream

    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name} is not UTF-8 text", hint="save it so") from None
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be read: {error.strerror}") from None
    values = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise InvalidInput(
                f"{path.name}:{binding.original.line}: this line cannot be read",
                hint="write NAME=value, and put a value with spaces or # into single quotes",
            )
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values
