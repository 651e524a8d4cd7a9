"""All that is wrong with a script on a cluster, as far as its text and its project show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .bucket_places import place_faults
from .credential_strings import credential_strings
from .credentials import SecretFinder
from .import_faults import import_faults
from .own_path import own_path_faults
from .parsed_script import ParsedScript
from .script_fault import ScriptFault
from .secret_variables import secret_variables
from .surroundings import Surroundings
from .syntax_tree import expression_statements
from .working_folder import working_folder_faults


def script_faults(
    script: ParsedScript, around: Surroundings, find_secret: SecretFinder
) -> tuple[ScriptFault, ...]:
    """Return the faults of a script, by line."""
    faults = [
        *import_faults(script, around),
        *own_path_faults(script, around.package),
        *working_folder_faults(script, around.package),
        *place_faults(script),
        *_undeclared_secrets(secret_variables(script.uses), around),
        *_credentials(script, find_secret),
    ]
    return tuple(sorted(faults, key=lambda one: (one.line, one.rule)))


def _undeclared_secrets(read: Mapping[str, int], around: Surroundings) -> Iterator[ScriptFault]:
    for variable, line in read.items():
        if variable not in around.secrets:
            names = ", ".join(f'"{one}"' for one in sorted({*around.secrets, variable}))
            yield ScriptFault(
                rule="secret-undeclared",
                line=line,
                what=f"{variable} looks like a secret, and a run gets only those that {around.project} names",
                cure=f"write secrets = [{names}] into [tool.hermes] of {around.folder}/pyproject.toml",
            )


def _credentials(script: ParsedScript, find_secret: SecretFinder) -> Iterator[ScriptFault]:
    nodes = [node for node, _ in script.nodes]
    for found in credential_strings(nodes, find_secret, expression_statements(nodes)):
        yield ScriptFault(
            rule="secret-in-code",
            line=found.node.lineno,
            what=f"the code seems to hold {found.kind}, and would be deployed with it",
            cure="change it, name it in secrets of [tool.hermes], and read it from os.environ",
        )
