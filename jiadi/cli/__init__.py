"""The command line 命令行: `jiadi sample`, `check`, `judge`, `explain`.

Exit status: 0 done (files that were refused are listed), 2 bad usage, 3 nothing usable in the input.
"""

from jiadi.cli.commands import app


def main() -> None:
    """Entry point of the `jiadi` command (命令入口)."""
    app()


__all__ = ["app", "main"]
