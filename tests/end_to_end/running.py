"""Runs `fracto` as a user does, kills it as an accident does, and looks at what it left behind."""

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.catalog import Catalog
from data_contracts.tables import TABLES

FRACTO = Path(sys.executable).with_name("fracto")
KILLED_AT = Path(__file__).with_name("killed_at.py")
OWN_THREADS = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
DISTURBED = {"runs"}
"""Tables that tell of runs, not of the archive."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def figures(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def fracto(
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    before_start: Callable[[], None] | None = None,
    limit_s: float = 200,
) -> Outcome:
    """Run the installed command."""
    ended = subprocess.run(
        [str(FRACTO), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
        env={**os.environ, **OWN_THREADS, **(environment or {})},
        preexec_fn=before_start,  # noqa: PLW1509 - the only way to drop a capability; no thread holds a lock here
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def start(*command: object) -> subprocess.Popen[str]:
    """Start a command in a session of its own, so that all its processes can be counted and killed."""
    return subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **OWN_THREADS},
    )


def living(session: int) -> list[str]:
    """Processes of a session that still run, as `pid name` (Linux only)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "stat").read_text()
        except OSError:  # ended meanwhile
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            found.append(f"{process.name} {name}")
    return found


def wait_until_gone(session: int, limit_s: float = 30) -> list[str]:
    """Wait for a session's processes to end; return those that did not."""
    end = time.monotonic() + limit_s
    while (left := living(session)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def hashes(catalog: Path) -> dict[str, str]:
    """Content hash of every table that describes the archive."""
    with Catalog.open_read_only(catalog) as opened:
        return {name: opened.content_hash(name) for name in TABLES if name not in DISTURBED}


def without_override() -> None:
    """Take from root the right to read and write what its mode forbids; anybody else never had it."""
    if os.geteuid() == 0:
        drop_from_bounding_set, read_write, read_search = 24, 1, 2  # linux/prctl.h, linux/capability.h
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (read_write, read_search):
            if libc.prctl(drop_from_bounding_set, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")
