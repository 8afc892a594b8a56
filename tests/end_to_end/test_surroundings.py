"""The machine around an ingest: tools, folders, permissions, disks, and files in the catalog's place."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from PIL import Image
from running import Ingested, Outcome, Site, fracto, hashes, without_override

from data_contracts.catalog import Catalog
from data_contracts.validation import validate

Command = Callable[..., Outcome]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with one small picture without data bar."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.effect_noise((160, 120), 60).save(folder / "FA-2024-0001 100x.png")
    return folder


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder without reports."""
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


def said(outcome: Outcome, code: int, *words: str) -> None:
    """One clear error: its exit code, its words, no traceback, and nothing on standard output."""
    assert outcome.code == code, outcome.err
    for word in words:
        assert word in outcome.err
    assert outcome.err.startswith("error:")
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_images_without_reports_are_all_unmatched(reports: Path, images: Path, tmp_path: Path) -> None:
    """No PDF in the folder: said in a sentence, the images are read, and none is linked."""
    catalog = tmp_path / "catalog.duckdb"
    outcome = fracto("ingest", reports, images, "-c", catalog, "--json", "--jobs", 1)
    assert outcome.code == 0, outcome.err
    assert "no PDF that can be read in this folder" in outcome.err
    assert outcome.figures["statuses"] == {"unmatched": 1}
    with Catalog.open_read_only(catalog) as opened:
        assert not validate(opened)


def test_folder_without_images_is_refused(small_copy: Site, command: Command) -> None:
    """An empty or wrong folder, such as a disk that is not mounted, never empties a catalog."""
    before = hashes(small_copy.catalog)
    empty = small_copy.root / "empty"
    empty.mkdir()
    profile = ["-p", small_copy.profile]
    for folder in (empty, small_copy.reports):
        said(
            command("ingest", small_copy.reports, folder, "-c", small_copy.catalog, *profile),
            3,
            str(folder),
            "no image in this folder",
        )
    said(
        command("ingest", empty, small_copy.images, "-c", small_copy.catalog, *profile),
        3,
        str(empty),
        "no PDF in this folder",
    )
    assert hashes(small_copy.catalog) == before


def test_missing_folder_is_an_error(images: Path, tmp_path: Path, command: Command) -> None:
    """A folder that is not there, and a file in its place."""
    file = tmp_path / "file"
    file.touch()
    for wrong in (tmp_path / "nowhere", file):
        said(command("ingest", wrong, images, "-c", tmp_path / "c.duckdb"), 3, str(wrong), "cannot read this folder")
        said(command("ingest", images, wrong, "-c", tmp_path / "c.duckdb"), 3, str(wrong), "cannot read this folder")


def test_missing_tesseract_is_named_with_the_command_that_installs_it(
    reports: Path, images: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 4 before any work: no catalog is made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = command("ingest", reports, images, "-c", tmp_path / "c.duckdb")
    said(outcome, 4, "Tesseract is not installed", "apt-get install", "tesseract-ocr-deu")
    assert not (tmp_path / "c.duckdb").exists()


def test_missing_language_pack_is_named_with_its_package(
    reports: Path, images: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tesseract is there, German is not, nor a language that the profile asks for."""
    packs = tmp_path / "tessdata"
    packs.mkdir()
    (packs / "eng.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(packs))
    outcome = command("ingest", reports, images, "-c", tmp_path / "c.duckdb")
    said(outcome, 4, "no language pack for deu", "apt-get install", "tesseract-ocr-deu")
    monkeypatch.delenv("TESSDATA_PREFIX")
    profile = tmp_path / "site.yaml"
    profile.write_text("ocr: {languages: [eng, tlh]}\n")
    outcome = command("ingest", reports, images, "-c", tmp_path / "c.duckdb", "-p", profile)
    said(outcome, 4, "no language pack for tlh", "tesseract-ocr-tlh")


@pytest.mark.parametrize("content", [b"", b"path,label\n" * 900, bytes(20_000)], ids=["empty", "text", "zeros"])
@pytest.mark.parametrize("arguments", [["ingest", "R", "I"], ["status"], ["audit"], ["validate"]], ids=lambda a: a[0])
def test_file_that_is_no_catalog_is_left_as_it_is(
    reports: Path, images: Path, tmp_path: Path, command: Command, content: bytes, arguments: list[str]
) -> None:
    """Whatever stands in the catalog's place is named, refused, and not changed by a byte."""
    catalog = tmp_path / "catalog.duckdb"
    catalog.write_bytes(content)
    folders = {"R": reports, "I": images}
    outcome = command(*[folders.get(a, a) for a in arguments], "-c", catalog)
    said(outcome, 3, str(catalog), "not a", "--catalog")
    assert catalog.read_bytes() == content


def test_foreign_database_is_refused(reports: Path, images: Path, tmp_path: Path, command: Command) -> None:
    """A DuckDB file with other tables."""
    catalog = tmp_path / "catalog.duckdb"
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("CREATE TABLE things (name VARCHAR)")
    said(command("ingest", reports, images, "-c", catalog), 3, "not a Fracto catalog")
    said(command("status", "-c", catalog), 3, "not a Fracto catalog")


def test_newer_catalog_is_refused(small_copy: Site, command: Command) -> None:
    """A catalog of a later version asks for an update and stays as it is."""
    with duckdb.connect(str(small_copy.catalog)) as connection:
        connection.execute("UPDATE catalog_meta SET value = '99' WHERE key = 'schema_version'")
    for arguments in (small_copy.ingest_arguments(), ["status", "-c", small_copy.catalog]):
        said(command(*arguments), 3, "made by a newer Fracto", "99", "update Fracto")


def test_damaged_catalog_is_refused(small_copy: Site, command: Command) -> None:
    """A catalog that lost its second half."""
    content = small_copy.catalog.read_bytes()
    small_copy.catalog.write_bytes(content[: len(content) // 2])
    outcome = command("validate", "-c", small_copy.catalog)
    said(outcome, 3, str(small_copy.catalog))


def test_folder_in_place_of_the_catalog_is_refused(
    reports: Path, images: Path, tmp_path: Path, command: Command
) -> None:
    """A folder, and a path in a folder that is not there."""
    said(command("ingest", reports, images, "-c", tmp_path), 3, "is a folder")
    said(command("status", "-c", tmp_path), 3, "is a folder")
    said(command("ingest", reports, images, "-c", tmp_path / "no" / "c.duckdb"), 3, "there is no folder")
    said(command("status", "-c", tmp_path / "no.duckdb"), 3, "no such catalog", "fracto ingest")
    said(command("audit", "-c", tmp_path / "no.duckdb"), 3, "no such catalog")
    assert not (tmp_path / "no.duckdb").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="root's right to write everywhere is dropped as Linux has it")
def test_folder_and_catalog_that_nobody_may_write(small_copy: Site, reports: Path, images: Path) -> None:
    """A new catalog in a read-only folder, and a catalog that is read-only: exit code 3, and reading still works."""
    locked = small_copy.root / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    outcome = fracto("ingest", reports, images, "-c", locked / "c.duckdb", before_start=without_override)
    said(outcome, 3, "cannot make a catalog", "Permission denied")
    small_copy.catalog.chmod(0o444)
    outcome = fracto(*small_copy.ingest_arguments(), before_start=without_override)
    said(outcome, 3, "no permission to open or write it")
    assert fracto("status", "-q", "-c", small_copy.catalog, before_start=without_override).code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount") if os.geteuid() == 0 else None
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root, where mounting is allowed")
    yield disk
    subprocess.run([shutil.which("umount") or "umount", str(disk)], check=True)


def fill(disk: Path, leave_kb: int) -> Path:
    """Write a file that leaves so much space."""
    space = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(space.f_bavail * space.f_frsize - leave_kb * 1024))
    return filler


def ingest_on_full_disk(small_ingested: Ingested, disk: Path, leave_kb: int) -> None:
    """See that a run says what is wrong, and that the next one, with space freed, makes up for it."""
    catalog = disk / "catalog.duckdb"
    filler = fill(disk, leave_kb)
    full = fracto(*small_ingested.site.ingest_arguments(catalog), "--jobs", 2, "-q")
    said(full, 3, str(catalog), "the disk is full; free some space and run again")
    filler.unlink()
    again = fracto(*small_ingested.site.ingest_arguments(catalog), "--jobs", 2, "-q")
    assert again.code == 6, again.err
    assert hashes(catalog) == hashes(small_ingested.site.catalog)


@pytest.mark.slow
@pytest.mark.parametrize("leave_kb", [100, 1200])
def test_full_disk_leaves_no_half_of_a_catalog(small_ingested: Ingested, small_disk: Path, leave_kb: int) -> None:
    """No room for an empty catalog: exit code 3, nothing is left behind, and the next run makes it."""
    ingest_on_full_disk(small_ingested, small_disk, leave_kb)


@pytest.mark.parametrize("leave_kb", [16, *(pytest.param(kb, marks=pytest.mark.slow) for kb in (4, 8, 24, 32))])
def test_full_disk_while_reading_loses_nothing_recorded(
    small_ingested: Ingested, small_disk: Path, leave_kb: int
) -> None:
    """The disk fills up at some record: exit code 3; the next run gives the catalog of an undisturbed run."""
    Catalog.open(small_disk / "catalog.duckdb").close()
    ingest_on_full_disk(small_ingested, small_disk, leave_kb)


@pytest.mark.slow
def test_images_that_vanish_while_others_are_read(reports: Path, images: Path, tmp_path: Path) -> None:
    """A file removed between the walk and its reading is a failure of that file, and the next run forgets it."""
    Image.effect_noise((160, 120), 60).save(images / "gone.png")
    catalog = tmp_path / "catalog.duckdb"
    script = (
        "import sys; from pathlib import Path; from fractocurate.stages import ingest as stage\n"
        "from fractocurate.cli import main\n"
        "real = stage.survey\n"
        "def survey(*arguments):\n"
        "    found = real(*arguments)\n"
        f"    Path({str(images / 'gone.png')!r}).unlink()\n"
        "    return found\n"
        "if __name__ == '__main__':\n"
        "    stage.survey = survey\n"
        "    main()\n"
    )
    program = tmp_path / "vanish.py"
    program.write_text(script, encoding="utf-8")
    command = [sys.executable, program, "ingest", reports, images, "-c", catalog, "--jobs", "1", "-q"]
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 6, ended.stderr
    with Catalog.open_read_only(catalog) as opened:
        assert opened.read("failures").select("item", "reason").rows() == [("gone.png", "vanished")]
        assert opened.read("micrographs").height == 1
    assert fracto("ingest", reports, images, "-c", catalog, "--jobs", 1, "-q").code == 0
