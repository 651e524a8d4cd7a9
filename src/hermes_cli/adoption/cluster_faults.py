"""Report what `hermes check` will find in the adopted script, by the same rules."""

from __future__ import annotations

from hermes_cli.script_analysis.bucket_places import place_faults
from hermes_cli.script_analysis.own_path import own_path_faults
from hermes_cli.script_analysis.parsed_script import ParsedScript
from hermes_cli.script_analysis.secret_variables import secret_variables
from hermes_cli.script_analysis.working_folder import working_folder_faults

from .databricks_secrets import how_to_provide
from .rewriting import Rewriting


def name_secret_variables(code: Rewriting) -> None:
    """Name the variables that the code reads secrets from, as it would get none of them otherwise."""
    for variable, line in secret_variables(ParsedScript(code.tree).uses).items():
        if variable not in code.secrets:
            code.name_secret(variable)
            what = f"{variable} looks like a secret, and is named as one of the project"
            code.leave_to_do(line, what, how_to_provide(variable))


def report_cluster_faults(code: Rewriting, package: str) -> None:
    """Report what works here and not on a cluster, but not paths that are reported already."""
    script = ParsedScript(code.tree)
    reported = {one.place for one in code.findings if one.todo}
    paths = [
        one for one in working_folder_faults(script, package) if code.source.place(one.line) not in reported
    ]
    for fault in (*own_path_faults(script, package), *paths, *place_faults(script)):
        code.leave_to_do(fault.line, fault.what, fault.cure)
