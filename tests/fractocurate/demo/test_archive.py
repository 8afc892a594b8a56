"""The synthetic archive keeps what its truth promises."""

import csv
import hashlib
import io
import re
import unicodedata
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pdfplumber
import pypdfium2
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from fractocurate.demo.archive import make_archive
from fractocurate.demo.data_bars import MICROSCOPES, BarFacts, draw_frame, scale_bar
from fractocurate.demo.noise import View
from fractocurate.demo.plan import MIN_FOAN_DISTANCE, make_instances
from fractocurate.demo.textures import SUB_TYPES, defect_box_px, make_surface, render
from fractocurate.profile import load_profile

SIZES = [(320, 208)]
NANOMETRES = {"nm": 1, "µm": 1e3, "mm": 1e6}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive with everything in it."""
    out = tmp_path_factory.mktemp("archive")
    make_archive(out, n_foans=7, sizes=SIZES, seed=11)
    return out


def rows_of(archive: Path, table: str) -> list[dict[str, str]]:
    """Read one table of the archive's truth."""
    with (archive / "truth" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hashes(folder: Path) -> dict[str, str]:
    """Relative path and sha256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def label_nm(label: str) -> float:
    """A printed length such as ``20 µm`` in nanometres."""
    number, unit = label.split(" ")
    return float(number) * NANOMETRES[unit]


def test_truth_and_disk_name_the_same_files(archive: Path) -> None:
    """Every file has its row, and every row its file, with the stated hash; sidecars belong to their frames."""
    images = rows_of(archive, "images")
    sidecars = {str(Path(r["file"]).with_suffix(".txt")) for r in images if r["metadata"] == "hitachi_sidecar"}
    on_disk = hashes(archive)
    assert {r["file"] for r in images} | sidecars == {f for f in on_disk if f.startswith("images/")}
    assert {r["file"] for r in rows_of(archive, "reports")} == {f for f in on_disk if f.startswith("reports/")}
    assert all(on_disk[r["file"]] == r["sha256"] for r in images)
    readable = {r["file"] for r in images if not r["status"].startswith("broken")}
    assert {r["file"] for r in rows_of(archive, "regions")} == readable
    assert {r[side] for r in rows_of(archive, "pairs") for side in ("file_a", "file_b")} <= readable
    assert (archive / "site.yaml").is_file()


def test_same_seed_same_bytes(archive: Path, tmp_path: Path) -> None:
    """The same seed gives the same archive to the byte; another seed gives another."""
    make_archive(tmp_path / "again", n_foans=7, sizes=SIZES, seed=11)
    assert hashes(tmp_path / "again") == hashes(archive)
    make_archive(tmp_path / "other", n_foans=7, sizes=SIZES, seed=12)
    assert hashes(tmp_path / "other").keys() != hashes(archive).keys()


def test_clean_archive_has_no_broken_files(archive: Path, tmp_path: Path) -> None:
    """A clean archive lacks what cannot be read and nothing else."""
    make_archive(tmp_path, n_foans=7, sizes=SIZES, seed=11, clean=True)
    for table in ("images", "reports"):
        sound = {r["file"] for r in rows_of(archive, table) if not r["status"].startswith("broken")}
        assert {r["file"] for r in rows_of(tmp_path, table)} == sound
        assert len(sound) < len({r["file"] for r in rows_of(archive, table)})


def test_readable_images_open_with_the_stated_size(archive: Path) -> None:
    """Odd encodings open and show the frame; each of them occurs in its true form."""
    modes = {}
    for row in rows_of(archive, "images"):
        if row["status"].startswith("broken"):
            continue
        with Image.open(archive / row["file"]) as image:
            assert image.size == (int(row["width_px"]), int(row["height_px"]))
            image.load()
            modes[row["status"]] = (image.mode, getattr(image, "n_frames", 1))
    assert modes["ok"] == ("L", 1)
    expected = {"odd:16_bit": "I;16", "odd:rgba": "RGBA", "odd:cmyk": "CMYK", "odd:palette": "P", "odd:multi_page": "L"}
    assert {status: mode for status, (mode, _) in modes.items() if status != "ok"} == expected
    assert modes["odd:multi_page"][1] == 2


def test_broken_images_are_broken(archive: Path) -> None:
    """Every image called broken fails to open or to decode."""
    broken = [r for r in rows_of(archive, "images") if r["status"].startswith("broken")]
    assert len(broken) == 4
    for row in broken:
        with pytest.raises((UnidentifiedImageError, OSError)), Image.open(archive / row["file"]) as image:
            image.load()


def test_broken_reports_are_broken(archive: Path) -> None:
    """No broken report gives up a FOAN, and the encrypted one asks for its password."""
    broken = {r["status"]: r["file"] for r in rows_of(archive, "reports") if r["status"].startswith("broken")}
    assert set(broken) == {"broken:truncated", "broken:empty", "broken:not_a_pdf", "broken:encrypted"}
    for file in broken.values():
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(archive / file)
    with pytest.raises(pypdfium2.PdfiumError, match=r"[Pp]assword"):
        pypdfium2.PdfDocument(archive / broken["broken:encrypted"])


def test_reports_print_their_rows(archive: Path) -> None:
    """Every stated field stands on the stated page; scans alone have no text."""
    by_file = defaultdict(list)
    for row in rows_of(archive, "reports"):
        if not row["status"].startswith("broken"):
            by_file[row["file"]].append(row)
    assert any(rows[0]["scanned"] == "true" for rows in by_file.values())
    for file, rows in by_file.items():
        with pdfplumber.open(archive / file) as document:
            text = document.pages[0].extract_text()
            cells = {cell for table in document.pages[0].extract_tables() for line in table for cell in line}
        if rows[0]["scanned"] == "true":
            assert not text
            continue
        fields = ("foan", "serial_number", "component_id", "fracture_load_raw", "defect_class_raw", "sub_type_raw")
        for row in rows:
            assert all(row[field] in text for field in fields)
            # Cells that run into each other would read as one word.
            assert row["layout"] == "key_value" or {row[field] for field in fields} <= cells


def test_revision_and_copy_are_planted(archive: Path) -> None:
    """One report is superseded by a revision that names it, and one lies there twice with the same bytes."""
    reports = rows_of(archive, "reports")
    superseded = next(r for r in reports if r["status"] == "superseded")
    revision = next(r for r in reports if r["supersedes"] == superseded["report_number"])
    assert revision["foan"] == superseded["foan"]
    assert revision["defect_class"] != superseded["defect_class"]
    copy = next(r for r in reports if r["status"] == "copy")
    original = next(r for r in reports if r["status"] == "ok" and r["report_number"] == copy["report_number"])
    assert (archive / copy["file"]).read_bytes() == (archive / original["file"]).read_bytes()


def test_scale_bar_and_label_give_the_pixel_size(archive: Path) -> None:
    """Label over bar length is the pixel size, to half a pixel at either end of the bar."""
    with_bar = [r for r in rows_of(archive, "images") if r["scale_bar_px"]]
    assert with_bar
    for row in with_bar:
        length_px = int(row["scale_bar_px"])
        measured_nm = label_nm(row["scale_label"]) / length_px
        assert measured_nm == pytest.approx(float(row["pixel_size_nm"]), rel=0.6 / length_px)


@given(pixel_size_nm=st.floats(2.0, 1e4), width_px=st.integers(300, 2000))
def test_scale_bars_fit_the_frame(pixel_size_nm: float, width_px: int) -> None:
    """At any magnification the bar takes between a tenth and a quarter of the width."""
    label, length_px = scale_bar(pixel_size_nm, width_px)
    assert 0.09 * width_px <= length_px <= 0.25 * width_px + 1
    assert label_nm(label) / pixel_size_nm == pytest.approx(length_px, abs=0.51)


@pytest.mark.parametrize("microscope", MICROSCOPES, ids=lambda m: m.name)
def test_the_drawn_scale_bar_has_the_stated_length(microscope: object) -> None:
    """The widest run of scale-bar pixels in a frame is as long as its truth says, and the picture is untouched."""
    picture = np.full((240, 480), 128, np.uint8)
    drawn = draw_frame(picture, microscope, BarFacts(500, 420.0, 15.0, 9.5, "", "01.02.2021", 1))
    left, top, right, bottom = drawn.picture_box_px
    if microscope.bar_kind in {"bottom", "top", "none"}:
        assert np.array_equal(drawn.pixels[top:bottom, left:right], picture)
    if drawn.bar_box_px is None:
        assert microscope.bar_kind == "none"
        return
    bar_left, bar_top, bar_right, bar_bottom = drawn.bar_box_px
    bar = drawn.pixels[bar_top:bar_bottom, bar_left:bar_right]
    if microscope.style == "strip_black":
        ticks = np.flatnonzero((bar[5:13] == 255).all(axis=0))
        assert ticks[-1] - ticks[0] + 1 == drawn.scale_bar_px
        return
    ink = bar == (0 if microscope.style == "strip_white" else 255)
    runs = {
        len(run)
        for line in ink
        for run in re.findall("#+", "".join("#" if pixel else "." for pixel in line))
        if len(run) < bar.shape[1]
    }
    assert drawn.scale_bar_px in runs


def test_default_plan_spreads_each_class_over_five_foans() -> None:
    """Five grouped folds can each hold every class, for any seed; no two FOANs are one typing error apart."""
    for seed in range(20):
        instances = make_instances(np.random.default_rng(seed), 24)
        foans = defaultdict(set)
        for instance in instances:
            if instance.has_report:
                foans[instance.defect_class].add(instance.foan)
        for name in ("green_body", "hard_machining", "material"):
            assert len(foans[name]) >= 5
        assert len(foans["hard_machining"]) >= 1.5 * len(foans["material"])
        reported = sorted({i.foan for i in instances if i.has_report})
        different = [sum(x != y for x, y in zip(a, b, strict=True)) for a in reported for b in reported if a < b]
        assert len(reported) == 24
        assert min(different) >= MIN_FOAN_DISTANCE


@pytest.mark.parametrize("defect_class", list(SUB_TYPES))
def test_a_higher_magnification_is_a_zoom_into_the_same_surface(defect_class: str) -> None:
    """A frame reduced by four resembles the same field cut from the wider frame, and no other field."""
    surface = make_surface(5, defect_class, SUB_TYPES[defect_class][0])
    wide = render(surface, View(0.0, 60.0, 1.2, 320, 240))
    near = render(surface, View(0.0, 60.0, 0.3, 320, 240))
    reduced = near.reshape(60, 4, 80, 4).mean(axis=(1, 3))

    def likeness(cut: np.ndarray) -> float:
        return float(np.corrcoef(cut.ravel(), reduced.ravel())[0, 1])

    assert likeness(wide[90:150, 120:200]) > 0.6
    assert likeness(wide[90:150, 120:200]) > likeness(wide[150:210, 200:280]) + 0.3


def test_defect_boxes_enclose_the_flaw() -> None:
    """Two surfaces that differ in nothing but their flaw differ in its box, up to its sides, and nowhere else."""
    inclusion = make_surface(3, "material", "inclusion")
    pore = replace(inclusion, sub_type="pore")
    for shift_um in (0.0, 40.0):
        view = View(shift_um, -shift_um, 0.8, 400, 300)
        rows, columns = np.nonzero(np.abs(render(inclusion, view) - render(pore, view)) > 0.9)
        found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert found == pytest.approx(defect_box_px(inclusion, view), abs=6)


def test_defect_boxes_are_cut_at_the_frame() -> None:
    """A flaw larger than the frame fills it, and one beside the frame has no box."""
    surface = make_surface(3, "hard_machining", "scratch")
    assert defect_box_px(surface, View(0.0, 0.0, 0.01, 400, 300)) == (0, 0, 400, 300)
    assert defect_box_px(surface, View(900.0, 0.0, 1.0, 400, 300)) is None


def test_planted_pairs_are_what_they_are_called(archive: Path) -> None:
    """Same bytes are the same bytes, same pixels differ in their bytes alone, zooms lie inside the wider frame."""
    images = {r["file"]: r for r in rows_of(archive, "images")}
    kinds = set()
    for pair in rows_of(archive, "pairs"):
        a, b = images[pair["file_a"]], images[pair["file_b"]]
        kinds.add(pair["kind"])
        assert (a["sha256"] == b["sha256"]) == (pair["kind"] == "same_bytes")
        assert pair["same_foan"] == "true"
        if pair["kind"] == "same_pixels":
            pixels_a, pixels_b = (np.asarray(Image.open(archive / row["file"])) for row in (a, b))
            assert np.array_equal(pixels_a, pixels_b)
        if pair["kind"] == "containment":
            width_px = int(a["crop_right_px"]) - int(a["crop_left_px"])
            assert float(pair["b_in_a_left_px"]) >= -0.02 * width_px
            assert float(pair["b_in_a_right_px"]) <= 1.02 * width_px
            ratio = float(a["pixel_size_nm"]) / float(b["pixel_size_nm"])
            assert float(pair["scale_ratio"]) == pytest.approx(ratio, rel=1e-3)
    assert {"same_bytes", "reencoded", "containment"} <= kinds


def test_expectations_follow_from_what_is_known(archive: Path) -> None:
    """Frames without a report stay unmatched, and labels are given for those that can be matched, and no others."""
    images = rows_of(archive, "images")
    for row in images:
        if row["report_present"] == "false":
            assert row["expect"] == "unmatched"
    reported = {r["foan"] for r in rows_of(archive, "reports")}
    assert {r["foan"] for r in images if r["report_present"] == "true"} <= reported
    assert not {r["foan"] for r in images if r["report_present"] == "false"} & reported
    with (archive / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {f"images/{r['file']}": r["fracture_cause"] for r in csv.DictReader(file)}
    assert labels == {r["file"]: r["defect_class"] for r in images if r["expect"] == "match"}


def test_vendor_metadata_agrees_with_the_truth(tmp_path: Path) -> None:
    """The Zeiss tag and the Hitachi sidecar state magnification and pixel size of their frame."""
    make_archive(tmp_path, n_foans=9, sizes=[(320, 160)], clean=True)
    seen = set()
    for row in rows_of(tmp_path, "images"):
        if row["metadata"] == "zeiss_tag" and row["status"] == "ok":
            with tifffile.TiffFile(tmp_path / row["file"]) as tif:
                size = tif.sem_metadata["ap_pixel_size"]
            assert size[1] * {"um": 1e3, "nm": 1.0}[size[2]] == pytest.approx(float(row["pixel_size_nm"]), rel=1e-3)
        elif row["metadata"] == "hitachi_sidecar":
            text = (tmp_path / row["file"]).with_suffix(".txt").read_bytes().decode("utf-16")
            facts = dict(line.split("=", 1) for line in io.StringIO(text).read().splitlines() if "=" in line)
            assert float(facts["PixelSize"]) == pytest.approx(float(row["pixel_size_nm"]), rel=1e-3)
            assert facts["Magnification"] == row["magnification"]
            assert facts["ImageName"] == Path(row["file"]).name
        seen.add(row["metadata"])
    assert seen >= {"zeiss_tag", "hitachi_sidecar"}


def test_paths_stay_apart_on_any_file_system(archive: Path) -> None:
    """No two paths differ in case or Unicode form alone."""
    keys = [unicodedata.normalize("NFC", r["file"]).casefold() for r in rows_of(archive, "images")]
    assert len(set(keys)) == len(keys)


def test_site_profile_reads_the_sites_identifiers(archive: Path) -> None:
    """The profile is accepted, and every FOAN and serial number of the archive is valid by its grammar."""
    profile = load_profile(archive / "site.yaml")
    for row in rows_of(archive, "reports"):
        if row["foan"]:
            assert profile.foan.grammar.is_valid(row["foan"])
            assert profile.serial_number.grammar.is_valid(row["serial_number"])
