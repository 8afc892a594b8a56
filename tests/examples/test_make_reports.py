"""The hard reports keep what their truth promises."""

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import make_reports
import numpy as np
import pypdfium2
import pytest
from hard_reports import words
from hard_reports.content import Author
from hard_reports.document import FAMILIES, set_report
from hard_reports.glyphs import outline
from hard_reports.scan import draw_scan
from hard_reports.sheet import Sheet, Text, register_fonts, wrap
from hard_reports.sites import SITES

from fractocurate.profile import Profile, load_profile

SMALL = ["--reports-per-site", "8", "--seed", "5"]


@pytest.fixture(scope="module")
def open_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few reports of every site that is not kept back."""
    out = tmp_path_factory.mktemp("open")
    assert make_reports.main([str(out), *SMALL]) == 0
    return out


@pytest.fixture(scope="module")
def held_out_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few reports of the sites kept back."""
    out = tmp_path_factory.mktemp("held_out")
    assert make_reports.main([str(out), *SMALL, "--held-out"]) == 0
    return out


@pytest.fixture(scope="module")
def all_reports(open_reports: Path, held_out_reports: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Folder of the site and truth of every report."""
    return [
        (path.parent, report)
        for out in (open_reports, held_out_reports)
        for path in sorted(out.glob("*/truth.json"))
        for report in json.loads(path.read_text(encoding="utf-8"))["reports"]
    ]


def hashes(folder: Path) -> dict[str, str]:
    """Relative path and sha256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@lru_cache
def profile_of(folder: Path) -> Profile:
    """The profile of a site, read once."""
    return load_profile(folder / "site.yaml")


def squeezed(text: str) -> str:
    """Text without white space, and with PDFium's mark of a hyphen at the end of a line as a hyphen."""
    return re.sub(r"\s+", "", text.replace("\ufffe", "-").replace("\x02", "-"))


def test_same_seed_gives_same_bytes(open_reports: Path, tmp_path: Path) -> None:
    """A site comes out byte for byte the same, alone or among the others; another seed gives something else."""
    assert make_reports.main([str(tmp_path / "a"), *SMALL, "--sites", "lakeview"]) == 0
    assert hashes(tmp_path / "a" / "lakeview") == hashes(open_reports / "lakeview")
    make_reports.make_reports(tmp_path / "b", seed=6, reports_per_site=2, sites=["lakeview"])
    assert hashes(tmp_path / "b" / "lakeview") != hashes(open_reports / "lakeview")


def test_every_page_opens_in_the_size_of_its_truth(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """PDFium opens every good report, and each page has the size and turn that the truth states."""
    for folder, report in all_reports:
        if report["expect"] != "ok":
            continue
        document = pypdfium2.PdfDocument(folder / report["file"])
        assert len(document) == len(report["pages"]), report["file"]
        for truth in report["pages"]:
            width, height = document[truth["page"] - 1].get_size()
            if truth["rotation_deg"] % 180:
                width, height = height, width
            assert (width, height) == pytest.approx((truth["width_pt"], truth["height_pt"]), abs=1)
        document.close()


def test_text_layers_are_as_good_as_the_truth_says(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """Serial numbers can be copied from pages for the text layer, and from none that only OCR can read."""
    for folder, report in all_reports:
        if report["expect"] != "ok":
            continue
        document = pypdfium2.PdfDocument(folder / report["file"])
        for page in report["pages"]:
            text_page = document[page["page"] - 1].get_textpage()
            text = squeezed(text_page.get_text_range())
            text_page.close()
            serials = [i["serial_number_text"] for i in report["instances"] if i["page"] == page["page"]]
            found = [squeezed(s) in text for s in serials]
            where = f"{report['site']}/{report['file']} {page}"
            if page["must_read_by"] in {"text_layer", "either"}:
                assert all(found), where
            elif page["must_read_by"] == "ocr" and "scan_bad_layer" not in page["physics"]:
                assert not any(found), where
        document.close()


def test_identifiers_follow_the_profile(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """FOANs and serial numbers parse by the site's own profile, as printed too, unless planted as broken."""
    for folder, report in all_reports:
        profile = profile_of(folder)
        for instance in report["instances"]:
            printed = profile.foan.grammar.parse(instance["foan_text"])
            if not instance["foan"]:
                assert (printed, instance["expect"]) == (None, "review")
                continue
            assert printed is not None
            assert printed.value == instance["foan"]
            assert len(printed.repairs) <= 1
            serial = profile.serial_number.grammar.parse(instance["serial_number_text"])
            assert serial is not None
            assert serial.value == instance["serial_number"]


def test_printed_words_mean_what_the_truth_says(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """Every cause and sub-type is one that the profile knows under that name, unless planted as foreign."""
    for folder, report in all_reports:
        vocabulary = profile_of(folder).vocabulary
        causes = {w.lower(): name for name, listed in vocabulary.defect_classes.items() for w in listed}
        sub_types = {w.lower(): name for name, listed in vocabulary.sub_types.items() for w in listed}
        foreign = {w.lower() for listed in words.FOREIGN_CAUSES.values() for w in listed}
        assert not foreign & set(causes)
        for instance in report["instances"]:
            cause, _, behind = instance["defect_class_text"].lower().rstrip(")").partition(" (")
            if cause in foreign:
                assert (instance["defect_class"], instance["expect"]) == ("unknown", "review")
                continue
            assert causes[cause] == instance["defect_class"]
            sub_type = behind or instance["sub_type_text"].lower()
            if instance["sub_type"]:
                assert sub_types[sub_type] == instance["sub_type"]
            else:
                assert sub_type in {"", "\u2013"} or sub_types[sub_type] == "none"


def test_column_words_are_known() -> None:
    """Headers are words of the built-in vocabulary or of the site's profile, each under one free meaning."""
    known = load_profile(None).vocabulary.columns
    for listed in words.COLUMNS.values():
        for field, labels in listed.items():
            assert {label.lower() for label in labels} <= {w.lower() for w in known[field]}, field


def test_loads_follow_their_print(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """A load in kilonewtons or newtons, with comma, point or space, is the number of the truth."""
    for _, report in all_reports:
        for instance in report["instances"]:
            digits = re.sub(r"[^0-9]", "", instance["fracture_load_text"])
            load_kn = instance["fracture_load_kn"]
            assert bool(digits) == (load_kn is not None)
            if digits:
                assert int(digits) in {round(load_kn * 10), round(load_kn * 1000)}


def test_figures_lie_on_their_page(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """Boxes of figures have an area and lie on the upright page; skewed ones may reach over its edge a little."""
    n_figures = 0
    for _, report in all_reports:
        pages = {p["page"]: p for p in report["pages"]}
        for figure in report["figures"]:
            page = pages[figure["page"]]
            left, top, right, bottom = figure["box_pt"]
            slack = 0.03 * page["width_pt"] if page["skew_deg"] else 0.5
            assert -slack <= left < right <= page["width_pt"] + slack
            assert -slack <= top < bottom <= page["height_pt"] + slack
            n_figures += 1
    assert n_figures > 20


def test_held_out_families_and_sites_never_appear_without_the_flag(open_reports: Path, held_out_reports: Path) -> None:
    """The two halves share neither a site nor a layout family."""
    for out, flag in ((open_reports, False), (held_out_reports, True)):
        assert {p.name for p in out.iterdir()} == {s.name for s in SITES if s.held_out == flag}
        for path in out.glob("*/truth.json"):
            families = {r["family"] for r in json.loads(path.read_text(encoding="utf-8"))["reports"]} - {"broken"}
            assert all(FAMILIES[name].held_out == flag for name in families)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.held_out])
def test_no_text_covers_another_or_leaves_the_page(name: str) -> None:
    """Whatever the words and fonts, the texts of a layout stand beside each other, in print of 6 points or more."""
    register_fonts()
    rng = np.random.default_rng(4)
    for site in SITES:
        draft = Author(site, rng).draft(name, FAMILIES[name].shape)
        draft.n_figures = 0
        for sheet in set_report(draft, FAMILIES[name], rng)[0]:
            texts = [item for item in sheet.items if isinstance(item, Text)]
            for k, text in enumerate(texts):
                left, top, right, bottom = text.box
                assert 0 < left < right < sheet.width
                assert 0 < top < bottom < sheet.height
                assert text.size >= 6
                for other in texts[k + 1 :]:
                    wide = min(right, other.box[2]) - max(left, other.box[0])
                    high = min(bottom, other.box[3]) - max(top, other.box[1])
                    assert wide < 1 or high < 0.45 * min(text.size, other.size), (text.words, other.words)


def test_copies_and_revisions_refer_to_earlier_files(all_reports: list[tuple[Path, dict[str, Any]]]) -> None:
    """A copy has the bytes of its original; a revision prints the number of the report that it replaces."""
    by_file = {(folder, report["file"]): report for folder, report in all_reports}
    copies = [(f, r) for f, r in all_reports if r["duplicate_of"]]
    assert copies
    for folder, report in copies:
        assert (folder / report["file"]).read_bytes() == (folder / report["duplicate_of"]).read_bytes()
    revisions = [(f, r) for f, r in all_reports if r["supersedes"] and not r["duplicate_of"]]
    assert revisions
    for folder, report in revisions:
        earlier = by_file[folder, report["supersedes"]]
        assert earlier["report_date"] < report["report_date"]
        assert [i["serial_number"] for i in earlier["instances"]] == [i["serial_number"] for i in report["instances"]]


def test_broken_files_are_broken_in_their_own_way(open_reports: Path) -> None:
    """Files that cannot be read do not open in PDFium; those without a fracture do."""
    path = open_reports / "nordkeramik"
    reports = json.loads((path / "truth.json").read_text(encoding="utf-8"))["reports"]
    broken = {r["failure_reason"]: path / r["file"] for r in reports if r["expect"] == "failure"}
    for reason in ("no_instances", "no_text"):
        document = pypdfium2.PdfDocument(broken[reason])
        assert len(document) > 0
        document.close()
    for reason in ("encrypted", "truncated", "empty_file", "not_a_pdf"):
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(broken[reason])


def test_folder_in_use_and_unknown_site_are_refused(open_reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is overwritten without being asked, and a wrong name is answered with the right ones."""
    assert make_reports.main([str(open_reports), "--sites", "aurum"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert make_reports.main([str(open_reports), "--sites", "isartal"]) == 2
    assert "choose from nordkeramik" in capsys.readouterr().err


def test_long_words_break_at_their_joints() -> None:
    """A compound is broken with a hyphen where its parts meet, and never inside a number."""
    assert wrap("Hartbearbeitungsfehler", "Helvetica", 9, 75, hyphenate=True) == ["Hartbearbeitungs-", "fehler"]
    assert wrap("BR/2021/00417", "Helvetica", 9, 20, hyphenate=True) == ["BR/2021/00417"]


def test_outlines_of_letters_are_closed_curves_on_their_line() -> None:
    """An umlaut is a letter and two dots; an i has two contours, a space none."""
    assert [len(outline("Vera", c)) for c in "oö i "] == [2, 4, 0, 2, 0]


def test_small_print_is_scanned_well() -> None:
    """Print of 7 points never comes from a coarse scanner or with more than two troubles; nothing has over four."""
    rng = np.random.default_rng(1)
    for size, least_dpi, most in ((7.0, 200, 2), (10.0, 130, 4)):
        sheet = Sheet(595, 842, [Text(60, 300, "FA-2021-0417", "Helvetica", size)])
        scans = [draw_scan(sheet, rng, "en") for _ in range(200)]
        assert min(s.dpi for s in scans) == least_dpi
        assert max(len(s.troubles) for s in scans) == most
        assert all(abs(s.skew_deg) <= 3 and bool(s.skew_deg) == ("skew" in s.troubles) for s in scans)
