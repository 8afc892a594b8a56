"""One generated archive and one ingest of it serve all tests that only look."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from running import Ingested, Outcome, Site, fracto  # noqa: E402 - found beside this file

from fractocurate.cli import main  # noqa: E402 - as above
from fractocurate.demo.archive import make_archive  # noqa: E402 - as above


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A generated archive with its broken files, a scan, a revision and a copy."""
    root = tmp_path_factory.mktemp("whole") / "archive"
    make_archive(root, n_foans=4, sizes=[(320, 208)], seed=7)
    return Site(root)


@pytest.fixture(scope="session")
def ingested(whole_site: Site) -> Ingested:
    """The whole archive in a catalog. Tests that change it work on a copy."""
    return Ingested(whole_site, fracto(*whole_site.ingest_arguments(), "--jobs", 2, "--json"))


@pytest.fixture
def copied(ingested: Ingested, tmp_path: Path) -> Site:
    """A copy of archive and catalog that a test may change; times of files are kept."""
    return Site(shutil.copytree(ingested.site.root, tmp_path / "copy"))


@pytest.fixture(scope="session")
def small_site(whole_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A few files of the whole archive: three reports that have text, their revision, and eight images."""
    site = Site(tmp_path_factory.mktemp("small") / "archive")
    rows = whole_site.truth("images")
    matched = [row for row in rows if row["expect"] == "match" and not row["metadata"]]
    wanted = [row["file"] for row in [*matched[:5], *[r for r in rows if r["expect"] == "unmatched"][:1]]]
    wanted += [row["file"] for row in rows if row["status"] in {"broken:truncated", "broken:empty"}][:2]
    wanted += {
        row["file"]: None
        for row in whole_site.truth("reports")
        if row["scanned"] == "false" and (row["status"] in {"ok", "superseded", "broken:encrypted"})
    }
    for file in [*wanted, "site.yaml"]:
        target = site.root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(whole_site.root / file, target)
    return site


@pytest.fixture(scope="session")
def small_ingested(small_site: Site) -> Ingested:
    """The small archive in a catalog, by a run that nothing disturbed."""
    return Ingested(small_site, fracto(*small_site.ingest_arguments(), "--jobs", 2, "--json"))


@pytest.fixture
def small_copy(small_ingested: Ingested, tmp_path: Path) -> Site:
    """A copy of the small archive and its catalog that a test may change."""
    return Site(shutil.copytree(small_ingested.site.root, tmp_path / "copy"))


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs a command within this process, through the same entry point: for commands that start no workers."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["fracto", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        text = capsys.readouterr()
        code = end.value.code
        return Outcome(code if isinstance(code, int) else 0 if code is None else 1, text.out, text.err)

    return run
