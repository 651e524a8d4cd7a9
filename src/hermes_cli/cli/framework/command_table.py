"""The table of commands: what help and completion tell, without a command being loaded."""

from __future__ import annotations

PROGRAM = "hermes"
ABOUT = "Turn a Python script into a versioned, tested, deployed and scheduled data product."
START, DEVELOP, SHIP, SCHEDULE = "Start", "Develop", "Ship", "Schedule"
LOOK, OPERATE, MAINTAIN = "Look", "Operate", "Maintain"

# Each command: the module beside this one that registers it, its panel in the help, and the first
# paragraph of its own help. Help lists them in this order.
COMMANDS = {
    "new": ("new", START, "Make a git repository for data products, or for a team's DAGs, ready to work in."),
    "adopt": (
        "adopt",
        START,
        "Make a project of a notebook or a loose script, in this repo; the file itself stays as it is.",
    ),
    "add": ("add", DEVELOP, "Declare what a project needs, in its pyproject.toml."),
    "test": (
        "test",
        DEVELOP,
        "Run each project's tests in an environment of its own, on the cluster's Python where it can be had.",
    ),
    "run": ("run", DEVELOP, "Run a script on this machine, or on a job cluster."),
    "check": (
        "check",
        DEVELOP,
        "Check what a merge would stumble over, and tell what it would release; from git alone.",
    ),
    "bump": ("bump", SHIP, "Raise a project's version above all that is released, in its pyproject.toml."),
    "build": (
        "build",
        SHIP,
        "Build each project's scripts and wheel into a folder that `hermes deploy --from` deploys.",
    ),
    "plan": (
        "plan",
        SHIP,
        "Show what `hermes deploy` would do and why, also what blocks it. Writes nothing.",
    ),
    "deploy": ("deploy", SHIP, "Deploy projects to where this branch may deploy."),
    "dag new": ("dag_new", SCHEDULE, "Write a DAG that runs a deployed script with HermesOperator."),
    "status": (
        "status",
        LOOK,
        "Compare what lies here with what is deployed: new, changed, up to date or behind, and why.",
    ),
    "ls": (
        "ls",
        LOOK,
        "Show what is deployed: which versions and features, which one is latest, when, from which commit.",
    ),
    "show": (
        "show",
        LOOK,
        "Show all that is recorded of a release or feature: what it was built from, and what belongs to it.",
    ),
    "log": ("log", LOOK, "Show who deployed, moved or yanked what, when, and from which commit."),
    "config": (
        "config",
        LOOK,
        "Show the settings in force and where each was read: hermes.toml, a variable, or defaults.",
    ),
    "rollback": ("rollback", OPERATE, "Move `latest` back to a release, on purpose. Nothing is deleted."),
    "yank": (
        "yank",
        OPERATE,
        "Mark a release as bad: `latest` skips it, and `hermes run` refuses it unless forced.",
    ),
    "retire": (
        "retire",
        OPERATE,
        "Give up a project's name: nothing is deployed under it any more. Its releases stay.",
    ),
    "prune": ("prune", OPERATE, "Remove features whose branch is gone, and stale builds. Never a release."),
    "verify": (
        "verify",
        OPERATE,
        "Read every manifest, artifact and named copy, and compare digests. Ends with 7 if anything is wrong.",
    ),
    "doctor": (
        "doctor",
        OPERATE,
        "Check this machine, this repo and its environments, and say how to mend what does not work.",
    ),
    "template update": (
        "template_update",
        MAINTAIN,
        "Bring this repo to the current state of the template that it was made from.",
    ),
    "template test": (
        "template_test",
        MAINTAIN,
        "Make a repo for every combination of the template's choices, and try each out.",
    ),
    "template fleet": (
        "template_fleet",
        MAINTAIN,
        "List which repos are behind their template, and open the pull requests that update them.",
    ),
    "template workflow": (
        "template_workflow",
        MAINTAIN,
        "Write the reusable GitHub workflow that repos can call, so that a change needs no change in them.",
    ),
}
# Those that build, as a rule.
BUILDING = ("build", "deploy", "plan")
# The first words of commands that have two, as in `hermes template update`, and the help of each.
GROUPS = {
    "dag": "Schedule what is deployed, in a team's Airflow repo.",
    "template": "Keep repos and templates up to date with each other.",
}
# The options that stand before a command: names, metavar, help, and the variable that sets the same.
OPTIONS = (
    (("--output", "-o"), "text|json", "How results are written to stdout.", "HERMES_OUTPUT"),
    (("--no-input",), "", "Never ask; name what is missing instead.", "HERMES_NO_INPUT"),
    (("--debug",), "", "Show the traceback of an error.", "HERMES_DEBUG"),
    (("--version", "-V"), "", "Show the version.", ""),
    (("--install-completion",), "", "Install completion for the current shell.", ""),
    (
        ("--show-completion",),
        "",
        "Show completion for the current shell, to copy it or customize the installation.",
        "",
    ),
    (("--help", "-h"), "", "Show this message and exit.", ""),
)


def words(group: str = "") -> dict[str, tuple[str, str]]:
    """What may be typed first, or after the first word of a group: its panel in the help, its summary."""
    found: dict[str, tuple[str, str]] = {}
    for name, (_, panel, summary) in COMMANDS.items():
        above, _, word = name.rpartition(" ")
        if above == group:
            found[word] = ("Commands" if group else panel, summary)
        elif not group:
            found.setdefault(above, (panel, GROUPS[above]))
    return found
