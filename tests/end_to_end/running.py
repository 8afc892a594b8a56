"""An archive on disk, `fracto` run on it as a user does, and what it left behind."""

import csv
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


Row = dict[str, str]


@dataclass(frozen=True)
class Site:
    """An archive on disk."""

    root: Path

    @property
    def reports(self) -> Path:
        """Folder of PDFs."""
        return self.root / "reports"

    @property
    def images(self) -> Path:
        """Folder of frames."""
        return self.root / "images"

    @property
    def profile(self) -> Path:
        """The site's settings."""
        return self.root / "site.yaml"

    @property
    def catalog(self) -> Path:
        """Where its catalog lies or will lie."""
        return self.root / "catalog.duckdb"

    def truth(self, table: str) -> list[Row]:
        """Rows of one table of truth; paths are relative to the root."""
        with (self.root / "truth" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def image_truth(self) -> dict[str, Row]:
        """Truth of every image by its path below ``images``."""
        return {row["file"].removeprefix("images/"): row for row in self.truth("images")}

    def ingest_arguments(self, catalog: Path | None = None) -> list[object]:
        """The command that reads it."""
        return ["ingest", self.reports, self.images, "--profile", self.profile, "-c", catalog or self.catalog]


@dataclass(frozen=True)
class Ingested:
    """An archive and what came of its ingest."""

    site: Site
    outcome: Outcome


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
        preexec_fn=before_start,
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
