"""Commands that start, stop, check and save the server (服务器命令); they join the command line by an entry point.

Nothing here loads Django before it is needed: `jiadi --help` must not wait for it, and a core without it has the same commands,
which say what to install.
"""

import typer

# First of all, since the command line loads this package, and this package the words of the command line.
app = typer.Typer(add_completion=False)

from jiadi.server.commands import appoint as _appoint  # noqa: E402
from jiadi.server.commands import audit as _audit  # noqa: E402
from jiadi.server.commands import demo as _demo  # noqa: E402
from jiadi.server.commands import keys as _keys  # noqa: E402
from jiadi.server.commands import look as _look  # noqa: E402
from jiadi.server.commands import retention as _retention  # noqa: E402
from jiadi.server.commands import run as _run  # noqa: E402
from jiadi.server.commands import save as _save  # noqa: E402

__all__ = ["_appoint", "_audit", "_demo", "_keys", "_look", "_retention", "_run", "_save", "app"]
