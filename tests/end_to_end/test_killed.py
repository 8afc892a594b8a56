"""An ingest that ends before its time leaves a valid catalog and no process, and the next one makes up for it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import FRACTO, KILLED_AT, Ingested, fracto, hashes, living, start, wait_until_gone

from data_contracts.catalog import Catalog
from data_contracts.validation import validate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc")


def ingest_again(ingested: Ingested, catalog: Path) -> None:
    """Run the same ingest to its end, and compare what it made with what an undisturbed run made."""
    again = fracto(*ingested.site.ingest_arguments(catalog), "--jobs", 1, "-q")
    assert again.code == 6, again.err
    assert hashes(catalog) == hashes(ingested.site.catalog)
    with Catalog.open_read_only(catalog) as opened:
        assert not validate(opened)
        outcomes = list(opened.query("SELECT outcome FROM runs ORDER BY started_at, run_id")["outcome"])
    assert "running" not in outcomes
    assert outcomes[-1] == "finished"


def killed_after(ingested: Ingested, catalog: Path, moment: str, number: int) -> bool:
    """Kill an ingest at one of its transactions and see that its workers end too; False if it has not so many."""
    run = start(
        sys.executable, KILLED_AT, moment, number, *ingested.site.ingest_arguments(catalog), "--jobs", 2, "--quiet"
    )
    _, err = run.communicate(timeout=120)
    assert run.returncode in {-signal.SIGKILL, 6}, err
    assert wait_until_gone(run.pid) == []
    return run.returncode != 6


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        pytest.param("before", 3, id="while the first report is recorded"),
        pytest.param("after", 8, id="between two records", marks=pytest.mark.slow),
    ],
)
def test_kill_at_a_transaction_costs_nothing_but_time(
    small_ingested: Ingested, tmp_path: Path, moment: str, number: int
) -> None:
    """After SIGKILL and a second run every table equals that of the undisturbed run."""
    catalog = tmp_path / "killed.duckdb"
    assert killed_after(small_ingested, catalog, moment, number)
    ingest_again(small_ingested, catalog)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kill_at_every_transaction_costs_nothing_but_time(small_ingested: Ingested, tmp_path: Path) -> None:
    """As above at every moment that there is, the last ones during matching and closing."""
    for number in range(1, 100):
        catalog = tmp_path / f"{number}.duckdb"
        if not killed_after(small_ingested, catalog, "before" if number % 2 else "after", number):
            assert number > 12
            return
        ingest_again(small_ingested, catalog)
    pytest.fail("the run has no end")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(5))
def test_kill_of_all_processes_at_any_time_costs_nothing_but_time(
    ingested: Ingested, tmp_path: Path, seed: int
) -> None:
    """The whole group is killed at a random time, several times in a row."""
    chance = random.Random(seed)  # noqa: S311 - a time to kill, no key
    catalog = tmp_path / "killed.duckdb"
    for _ in range(3):
        run = start(FRACTO, *ingested.site.ingest_arguments(catalog), "--jobs", 2)
        time.sleep(chance.uniform(0.5, 8))
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate(timeout=60)
        assert wait_until_gone(run.pid) == []
    ingest_again(ingested, catalog)


def test_interrupt_ends_with_one_line_and_leaves_nothing_behind(small_ingested: Ingested, tmp_path: Path) -> None:
    """Ctrl-C: exit code 130, one sentence, no traceback, no process; the catalog is valid and is made complete."""
    catalog = tmp_path / "interrupted.duckdb"
    run = start(FRACTO, *small_ingested.site.ingest_arguments(catalog), "--jobs", 2)
    assert run.stderr
    lines = []
    for line in run.stderr:
        lines.append(line)
        if line.startswith("micrographs:"):
            break
    os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to every process of the group
    began = time.monotonic()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130, "".join(lines) + err
    assert time.monotonic() - began < 30
    assert wait_until_gone(run.pid, 2) == []
    assert out == ""
    assert "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("interrupted; what was recorded is kept")
    with Catalog.open_read_only(catalog) as opened:
        assert opened.query("SELECT outcome FROM runs")["outcome"].to_list() == ["failed"]
        assert not opened.read("reports").is_empty()
    ingest_again(small_ingested, catalog)


WRITER = """
import sys
from pathlib import Path
from data_contracts.catalog import Catalog
with Catalog.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_writer(small_ingested: Ingested, tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A catalog that another process has open for writing, and that process."""
    catalog = Path(shutil.copy(small_ingested.site.catalog, tmp_path / "busy.duckdb"))
    command = [sys.executable, "-c", WRITER, str(catalog)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield catalog, process.pid
        process.communicate("")
    assert process.returncode == 0


def test_second_writer_is_turned_away(small_ingested: Ingested, other_writer: tuple[Path, int]) -> None:
    """While one process writes, another gets a clear error with exit code 3 and changes nothing."""
    catalog, holder = other_writer
    second = fracto(*small_ingested.site.ingest_arguments(catalog))
    assert second.code == 3
    assert f"another process ({holder}) has the catalog open" in second.err
    assert "Traceback" not in second.err
    reader = fracto("status", "-c", catalog)
    assert (reader.code, "another process" in reader.err) == (3, True)


def test_catalog_is_whole_after_two_writers(small_ingested: Ingested, tmp_path: Path) -> None:
    """Two ingests started together into one new catalog: one makes it, the other is turned away or finds it done."""
    catalog = tmp_path / "contested.duckdb"
    arguments = small_ingested.site.ingest_arguments(catalog)
    runs = [start(FRACTO, *arguments, "--jobs", 1, "-q") for _ in range(2)]
    ends = [(run.communicate(timeout=120)[1], run.returncode) for run in runs]
    codes = sorted(code for _, code in ends)
    assert codes in ([3, 6], [6, 6]), ends
    assert hashes(catalog) == hashes(small_ingested.site.catalog)
    assert [p.name for p in tmp_path.iterdir()] == [catalog.name]


@pytest.mark.slow
def test_worker_that_is_killed_costs_no_item(small_ingested: Ingested, tmp_path: Path) -> None:
    """The system's out-of-memory killer takes a worker: its items are read again, and the result is the same."""
    catalog = tmp_path / "worker.duckdb"
    run = start(FRACTO, *small_ingested.site.ingest_arguments(catalog), "--jobs", 2)
    assert run.stderr
    next(line for line in run.stderr if line.startswith("micrographs:"))
    workers = [int(entry.split()[0]) for entry in living(run.pid) if "multiprocessing.spawn" in command_of(entry)]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    _, err = run.communicate(timeout=120)
    assert run.returncode == 6, err
    assert hashes(catalog) == hashes(small_ingested.site.catalog)


def command_of(entry: str) -> str:
    """Command line of a process that `living` found."""
    try:
        return Path(f"/proc/{entry.split(maxsplit=1)[0]}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_pipe_that_closes_is_no_error(small_ingested: Ingested) -> None:
    """`fracto status | head -1` ends quietly."""
    script = f"'{FRACTO}' status --json -c '{small_ingested.site.catalog}' | head -1"
    ended = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "{\n")
