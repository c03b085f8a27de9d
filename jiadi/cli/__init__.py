"""The command line 命令行: `jiadi sample`, `check`, `judge`, `explain`.

`jiadi law` looks rule sets over. Exit status: 0 done (files that were refused are listed), 2 bad usage, 3 nothing usable in the input.
"""

from importlib.metadata import entry_points

from jiadi.cli import compare as _compare
from jiadi.cli import fairness as _fairness
from jiadi.cli import mapping as _mapping
from jiadi.cli import printing as _printing
from jiadi.cli import whatif as _whatif
from jiadi.cli.commands import app
from jiadi.cli.law import law_app

app.add_typer(law_app, name="law")
# Commands of other packages: the server's are there, though the command line knows nothing of a server.
for _found in sorted(entry_points(group="jiadi.commands"), key=lambda entry: entry.name):
    app.add_typer(_found.load())


def main() -> None:
    """Entry point of the `jiadi` command (命令入口)."""
    app()


__all__ = ["_compare", "_fairness", "_mapping", "_printing", "_whatif", "app", "main"]
