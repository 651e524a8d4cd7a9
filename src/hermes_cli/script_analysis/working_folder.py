"""Find what a script reads by a path relative to its working folder, which is empty where it runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from .flow import Use
from .parsed_script import ParsedScript
from .script_fault import ScriptFault
from .syntax_tree import is_literal_statement, string_of
from .values import PATHS, Text

DATA_FILE = re.compile(
    r"[\w .()/\\-]+\.(?:csv|tsv|xlsx?|xlsm|xlsb|ods|parquet|jsonl?|geojson|pkl|pickle|feather|arrow|h5|hdf5|nc|mat"
    r"|npy|npz|pt|pth|onnx|db|sqlite3?|txt|log|md|xml|ya?ml|toml|cfg|conf|zip|gz|bz2|xz|zst|tar|tgz|orc|avro|joblib"
    r"|png|jpe?g|gif|svg|pdf|html|ini|sql|shp|dta|sav|sas7bdat|rds)",
    re.IGNORECASE,
)
_OPENS = frozenset(
    """
    open io.open codecs.open gzip.open bz2.open lzma.open fsspec.open tarfile.open zipfile.ZipFile
    """.split()  # noqa: SIM905
)
_READS_FOLDER = frozenset({"os.listdir", "os.scandir"})
_READS_FILE = re.compile(
    r"(?:pandas|polars|geopandas|duckdb|awswrangler|dask\.dataframe|modin\.pandas|pyarrow\.\w+)"
    r"\.(?:(?:read|scan)_(?!sql|database|gbq|clipboard)\w+|ExcelFile|ParquetFile)"
    r"|numpy\.(?:load|loadtxt|genfromtxt|fromfile)|(?:joblib|torch)\.load|PIL\.Image\.open|cv2\.imread"
    r"|matplotlib\.(?:pyplot|image)\.imread|openpyxl\.load_workbook|xarray\.open_\w+"
)
_READ_BY_PATH = frozenset({"read_text", "read_bytes", "iterdir"})
_ONLY_TELL = re.compile(r"print|logging\.\w+")
_TELLING = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
# After one of these the folder may hold anything.
_FILLS_FOLDER = re.compile(
    r"os\.(?:chdir|system|popen|exec\w+|spawn\w+)|contextlib\.chdir|subprocess\.\w+|shutil\.\w+"
)
_FETCHING = frozenset({"extractall", "extract", "download", "download_file", "download_to_filename"})
_BUILD_PATHS = PATHS | {"os.path.join", "str", "os.fspath"}
_SIMPLE = (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call)
_ABSOLUTE = re.compile(r"[/~\\]|[A-Za-z]:[/\\]|[\w+.-]+:")


def working_folder_faults(script: ParsedScript, package: str) -> Iterator[ScriptFault]:
    """Yield the reads of a relative path, but not of one that the script names elsewhere: it may have written it."""
    reads = [(use, *read) for use in script.uses if (read := _path_read(use)) and _is_relative(read[0].start)]
    if not reads or any(map(_fills_folder, script.uses)):
        return
    named = tuple(_named_elsewhere(script, reads))
    lines: set[int] = set()
    for use, text, _ in reads:
        line = use.node.lineno
        if (
            line in lines
            or use.guard.catches("OSError", "FileNotFoundError", "IOError")
            or any(_may_be_in(text, one) for one in named)
        ):
            continue
        lines.add(line)
        shown = text.start if text.whole else f"{text.start}…"
        yield ScriptFault(
            rule="script-path",
            line=line,
            what=f"{shown!r} is read from the working folder, which is empty where a script runs",
            cure=f'put it into the package, and read importlib.resources.files("{package}") / "…"; '
            "or read it below HERMES_INPUT",
        )


def _path_read(use: Use) -> tuple[Text, ast.expr] | None:
    """Return the path that a call reads and the expression that names it; None where it reads none."""
    node = use.node
    if not isinstance(node, ast.Call):
        return None
    function = use.function or ""
    if isinstance(node.func, ast.Attribute) and (
        use.attribute in _READ_BY_PATH or (use.attribute == "open" and _is_reading(node, 0))
    ):
        value = use.value(node.func.value)
        if isinstance(value, Text) and value.is_path:
            return value, node.func.value
    if not node.args or not isinstance(value := use.value(node.args[0]), Text):
        return None
    if function in _READS_FOLDER or (function in _OPENS and _is_reading(node, 1)):
        return value, node.args[0]
    if _READS_FILE.fullmatch(function) and _names_file(value):
        return value, node.args[0]
    return None


def _fills_folder(use: Use) -> bool:
    return use.attribute in _FETCHING or _FILLS_FOLDER.fullmatch(use.function or "") is not None


def _names_file(value: Text) -> bool:
    if value.whole:
        return DATA_FILE.fullmatch(value.start) is not None
    return re.fullmatch(r"[\w./\\-]+", value.start) is not None


def _is_reading(call: ast.Call, position: int) -> bool:
    """Tell whether a call opens to read only; where its mode is not a literal, it may write."""
    modes = [word.value for word in call.keywords if word.arg == "mode"] + call.args[position : position + 1]
    mode = string_of(modes[0]) if modes else "r"
    return mode is not None and not set(mode) & set("wax+")


def _is_relative(path: str) -> bool:
    return path.strip("./\\") != "" and "\n" not in path and _ABSOLUTE.match(path) is None


def _named_elsewhere(script: ParsedScript, reads: Iterable[tuple[Use, Text, ast.expr]]) -> Iterator[Text]:
    """Yield the texts that a script has in other places than a read, a message and the value of a name."""
    reading = {id(use.node) for use, _, _ in reads}
    skipped = {id(part) for _, _, path in reads for part in ast.walk(path)}
    for use in script.uses:
        call = use.node
        if not isinstance(call, ast.Call) or id(call) in reading or use.function in _BUILD_PATHS:
            continue
        values = [*call.args, *(word.value for word in call.keywords)]
        if _ONLY_TELL.fullmatch(use.function or "") or use.attribute in _TELLING:
            skipped |= {id(part) for one in values for part in ast.walk(one)}
            continue
        if isinstance(call.func, ast.Attribute):
            values.append(call.func.value)
        yield from (text for one in values if isinstance(text := use.value(one), Text))
    for node, _ in script.nodes:
        is_value = isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, _SIMPLE)
        if is_value or is_literal_statement(node):
            skipped |= {id(part) for part in ast.walk(node)}
    for node, _ in script.nodes:
        if id(node) not in skipped and (literal := string_of(node)):
            yield Text(start=literal)


def _may_be_in(path: Text, other: Text) -> bool:
    """Tell whether a path may be another one, or be in the folder that the other one is."""
    start, named = path.start.removeprefix("./"), other.start.removeprefix("./")
    if not named.strip("/"):
        return False
    return (
        start == named
        or start.startswith(f"{named.rstrip('/')}/")
        or (not other.whole and start.startswith(named))
        or (not path.whole and named.startswith(start))
    )
