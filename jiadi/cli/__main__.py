"""`python -m jiadi.cli` is the `jiadi` command."""

from jiadi.cli import main

main()
