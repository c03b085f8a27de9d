"""How fast pages are served: open loop at a fixed rate, then as many as go; against a server that runs.

    python bench/serving.py http://127.0.0.1:8000 /healthz /sign-in --rate 100 --seconds 20 --pid $(jq .pid var/run/server.json)

Requests begin by the clock, whether or not earlier ones are answered, and the time of each counts from when it was due: a server
that stalls is charged for all who wait. Load and server share the machine. `--pid` is the server's: what it costs in time of the
processor does not depend on who else uses the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path
from urllib.parse import urlsplit


class Caller:
    """Keeps connections that are free, as a proxy in front does. `cookie`: sent along."""

    def __init__(self, host: str, port: int, cookie: str = "") -> None:
        self.host, self.port = host, port
        self.cookie = f"Cookie: {cookie}\r\n" if cookie else ""
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.failed = 0

    async def get(self, path: str) -> bool:
        """One request; failures are counted, and told."""
        failed = True
        try:
            held = self.free.pop() if self.free else await asyncio.open_connection(self.host, self.port)
            reader, writer = held
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n{self.cookie}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            failed = not head.startswith(b"http/1.1 200")
            if b"connection: close" in head:
                writer.close()
            else:
                self.free.append(held)
        except (OSError, asyncio.IncompleteReadError, IndexError):
            failed = True
        self.failed += failed
        return not failed


async def at_rate(caller: Caller, path: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds of each request from when it was due."""
    took: list[float] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        await caller.get(path)
        took.append((time.perf_counter() - due) * 1000)

    tasks = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    return sorted(took)


async def at_most(caller: Caller, path: str, seconds: float, callers: int = 16) -> float:
    """Requests a second that so many callers get answered, each asking again at once."""
    end = time.perf_counter() + seconds
    done = 0

    async def ask() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await caller.get(path)
            done += 1

    await asyncio.gather(*(ask() for _ in range(callers)))
    return done / seconds


def spent_s(pid: int) -> float:
    """Seconds of the processor that a process and its children have used."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(folder.name), int(words[1])):
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(url: str, paths: list[str], rate: float, seconds: float, pid: int) -> None:
    """Print a line for each path."""
    parts = urlsplit(url)
    for path in paths:
        caller = Caller(str(parts.hostname), parts.port or 80)
        await at_rate(caller, path, 20, 2)
        caller.failed, before = 0, spent_s(pid)
        took = await at_rate(caller, path, rate, seconds)
        cost_ms = (spent_s(pid) - before) / len(took) * 1000
        most = await at_most(caller, path, seconds / 2)
        figures = [f"p{share:g} {took[min(len(took) - 1, int(len(took) * share / 100))]:.1f} ms" for share in (50, 95, 99)]
        figures.append(f"{cost_ms:.2f} ms of processor each")
        print(f"{path:<12} at {rate:g}/s: {', '.join(figures)}; at most {most:.0f}/s; failed {caller.failed}", flush=True)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("url")
    words.add_argument("paths", nargs="+")
    words.add_argument("--rate", type=float, default=100)
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--pid", type=int, default=0)
    given = words.parse_args()
    asyncio.run(measure(given.url, given.paths, given.rate, given.seconds, given.pid))
