"""A second ingest reads only what is new or changed."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from PIL import Image
from running import Ingested, Outcome, Site, fracto, hashes, without_override

from data_contracts.catalog import Catalog


def read_now(outcome: Outcome) -> tuple[int, int]:
    """How many reports and images a run read."""
    return outcome.figures["reports"]["n_done"], outcome.figures["micrographs"]["n_done"]


def again(site: Site, **options: object) -> Outcome:
    """Ingest once more."""
    return fracto(*site.ingest_arguments(), "--jobs", 1, "--json", **options)


@pytest.fixture
def poisoned_tesseract(tmp_path: Path) -> Path:
    """A folder for the PATH whose Tesseract knows its languages and fails at everything else."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && printf "List (2):\\neng\\ndeu\\n" && exit 0\nexit 66\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program.parent


def test_unchanged_archive_is_neither_decoded_nor_put_through_ocr(ingested: Ingested, poisoned_tesseract: Path) -> None:
    """Nothing is read, though Tesseract would fail and every file is made unreadable; the catalog stays the same."""
    site = ingested.site
    before = hashes(site.catalog)
    files = [p for folder in (site.reports, site.images) for p in folder.rglob("*") if p.is_file()]
    modes = {path: path.stat().st_mode for path in files}
    try:
        for path in files:
            path.chmod(0)
        outcome = again(
            site,
            environment={"PATH": f"{poisoned_tesseract}{os.pathsep}{os.environ['PATH']}"},
            before_start=without_override,
        )
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert outcome.code == 6, outcome.err
    assert read_now(outcome) == (0, 0)
    assert outcome.figures["failures"] == ingested.outcome.figures["failures"]
    assert hashes(site.catalog) == before


def touch(path: Path) -> None:
    """Same bytes, another time."""
    os.utime(path, ns=(1, 1))


def test_each_change_of_the_archive_is_noticed_and_nothing_else_is_read(small_copy: Site) -> None:
    """Added, changed, renamed, copied and removed reports and images, one after the other, in one archive."""
    site = small_copy
    reports = sorted(p for p in site.reports.rglob("*.pdf") if "confidential" not in p.name and "rev" not in p.name)
    images = sorted(p for p in site.images.rglob("*") if p.is_file() and "recovered" not in p.name)
    fresh = site.images / "new" / "IMG_9999.png"
    fresh.parent.mkdir()
    Image.effect_noise((160, 120), 60).save(fresh)
    images[0].unlink()
    shutil.copy2(images[1], images[1].with_name(f"copy of {images[1].name}"))
    renamed = images[2].rename(images[2].with_name("IMG_7777" + images[2].suffix))
    touch(images[3])
    with Image.open(images[4]) as picture:
        changed = picture.convert("L").crop((0, 0, 200, 150))
    changed.save(images[4], format="PNG")
    spare = reports[0].read_bytes()
    reports[0].unlink()
    reports[1].rename(site.reports / "renamed.pdf")
    (site.reports / "added.pdf").write_bytes(spare + b"\n")  # other bytes, the same report
    outcome = again(site)
    assert outcome.code == 6, outcome.err
    assert read_now(outcome) == (1, 2)
    with Catalog.open_read_only(site.catalog) as catalog:
        paths = set(catalog.read("dataset")["path"])
        report_paths = set(catalog.read("reports")["path"])
    relative = {p.relative_to(site.images).as_posix() for p in site.images.rglob("*") if p.is_file()}
    assert paths == relative
    assert renamed.relative_to(site.images).as_posix() in paths
    assert {"renamed.pdf", "added.pdf"} <= report_paths
    undisturbed = site.root / "undisturbed.duckdb"
    assert fracto(*site.ingest_arguments(undisturbed), "--jobs", 2, "-q").code == 6
    assert hashes(site.catalog) == hashes(undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda r, _i: r.unlink(), (0, 0), id="report removed"),
        pytest.param(lambda _r, i: i.unlink(), (0, 0), id="image removed"),
        pytest.param(lambda r, _i: r.rename(r.with_name("other.pdf")), (0, 0), id="report renamed"),
        pytest.param(lambda _r, i: i.rename(i.with_name("other.tif")), (0, 0), id="image renamed"),
        pytest.param(lambda r, _i: touch(r), (0, 0), id="report touched"),
        pytest.param(lambda _r, i: touch(i), (0, 0), id="image touched"),
        pytest.param(lambda r, _i: r.write_bytes(r.read_bytes() + b"\n"), (1, 0), id="report changed"),
        pytest.param(lambda _r, i: i.write_bytes(i.read_bytes() + b"\n"), (0, 1), id="image changed"),
        # The archive has an empty file already: its failure is known by its bytes.
        pytest.param(lambda _r, i: i.write_bytes(b""), (0, 0), id="image emptied"),
        pytest.param(lambda _r, i: shutil.copy2(i, i.with_name("a copy.tif")), (0, 0), id="image copied"),
        pytest.param(lambda r, _i: shutil.copy2(r, r.with_name("0 copy.pdf")), (0, 0), id="report copied"),
    ],
)
def test_one_change_at_a_time_gives_the_undisturbed_catalog(
    small_copy: Site, change: Callable[[Path, Path], object], expected: tuple[int, int]
) -> None:
    """Whatever changes, only that is read, and the catalog is the one that a first ingest would make."""
    report = next(p for p in sorted(small_copy.reports.rglob("*.pdf")) if "confidential" not in p.name)
    image = next(p for p in sorted(small_copy.images.rglob("*")) if p.is_file() and "recovered" not in p.name)
    change(report, image)
    outcome = again(small_copy)
    assert outcome.code == 6, outcome.err
    assert read_now(outcome) == expected
    undisturbed = small_copy.root / "undisturbed.duckdb"
    assert fracto(*small_copy.ingest_arguments(undisturbed), "--jobs", 2, "-q").code == 6
    assert hashes(small_copy.catalog) == hashes(undisturbed)


@pytest.mark.parametrize(
    ("setting", "reads_reports", "reads_images"),
    [
        pytest.param("matching: {margin: 0.2}", False, False, id="matching"),
        pytest.param("vocabulary: {revision_words: [amended]}", True, False, id="words"),
        pytest.param("max_megapixels: 300", False, True, id="size limit", marks=pytest.mark.slow),
        pytest.param("ocr: {dpi: 200}", True, True, id="ocr", marks=pytest.mark.slow),
    ],
)
def test_change_of_the_profile_reads_again_what_rests_on_it(
    small_copy: Site, setting: str, *, reads_reports: bool, reads_images: bool
) -> None:
    """Settings of matching read nothing, words read the reports, limits of images the images."""
    profile = yaml.safe_load(small_copy.profile.read_text(encoding="utf-8"))
    for section, values in yaml.safe_load(setting).items():
        profile[section] = {**profile.get(section, {}), **values} if isinstance(values, dict) else values
    small_copy.profile.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    outcome = again(small_copy)
    assert outcome.code == 6, outcome.err
    reports, images = read_now(outcome)
    assert ((reports > 0), (images > 0)) == (reads_reports, reads_images)
    for stage, reads in (("reports", reads_reports), ("micrographs", reads_images)):
        skipped = outcome.figures[stage]["n_skipped"]
        assert (skipped == 0) == reads


def test_archive_that_moved_is_known_again(small_copy: Site) -> None:
    """The catalog follows its archive; another archive in its place is refused."""
    moved = small_copy.root.rename(small_copy.root.with_name("moved"))
    site = Site(moved)
    assert read_now(again(site)) == (0, 0)
    for path in list(site.images.rglob("*")):
        if path.is_file():
            path.unlink()
    Image.effect_noise((160, 120), 60).save(site.images / "stranger.png")
    other = Site(moved.rename(moved.with_name("elsewhere")))
    refused = again(other)
    assert (refused.code, "name another --catalog" in refused.err) == (2, True)
    with Catalog.open_read_only(other.catalog) as catalog:
        assert catalog.read("dataset").filter(pl.col("path") == "stranger.png").is_empty()
