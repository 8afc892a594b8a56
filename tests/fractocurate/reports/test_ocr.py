"""Tesseract: missing, lacking a language, failing, too slow."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytesseract
import pytest
from reportlab.pdfgen.canvas import Canvas

from data_contracts.errors import ExitCode, MissingToolError
from data_contracts.records import Box, Failure
from data_contracts.vocabulary import FailureReason
from fractocurate.profile import Profile
from fractocurate.reports.ocr import OcrError, OcrPage, read_page_by_ocr, require_tesseract
from fractocurate.reports.read import read_report


def test_the_installed_tesseract_is_enough() -> None:
    """English and German are there on a machine set up as the README says."""
    require_tesseract(("eng", "deu"))


def test_a_missing_tesseract_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the command that installs it, and the exit code is that of a missing tool."""
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    monkeypatch.setattr(pytesseract.pytesseract.get_languages, "__wrapped__", None, raising=False)
    with pytest.raises(MissingToolError, match=r"apt-get install tesseract-ocr tesseract-ocr-deu") as caught:
        require_tesseract(("eng", "deu"))
    assert caught.value.exit_code is ExitCode.MISSING_TOOL


def test_a_missing_language_is_named() -> None:
    """The pack that lacks is named, with the package that brings it."""
    with pytest.raises(MissingToolError, match=r"no language pack for xyz; .*tesseract-ocr-xyz"):
        require_tesseract(("eng", "xyz"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("Tesseract process timeout"), FailureReason.TIMED_OUT),
        (pytesseract.TesseractError(1, "out of memory"), FailureReason.OCR_FAILED),
    ],
)
def test_a_page_that_tesseract_cannot_read_is_a_failure(
    make_report: Callable[..., Path],
    scan: Callable[..., Path],
    profile: Profile,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: FailureReason,
) -> None:
    """Time limit and crash have their own reasons; nothing is raised."""

    def fail(*_args: object, **_options: object) -> None:
        raise error

    path = scan(make_report("REPORT", "The origin was found."))
    monkeypatch.setattr(pytesseract, "image_to_data", fail)
    failure = read_report(path, "scan.pdf", profile)
    assert isinstance(failure, Failure)
    assert failure.reason is reason


def test_a_page_that_fails_does_not_lose_the_others(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that times out says so; the table on the page before is read all the same."""
    import fractocurate.reports.read as module  # noqa: PLC0415 (patched below)

    real = module.read_text_layer
    calls = []

    def second_page_fails(page: object, known_words: frozenset[str]) -> object:
        calls.append(page)
        if len(calls) == 2:
            raise module.OcrError("Tesseract ran longer than 1 s", timed_out=True)
        return real(page, known_words)

    monkeypatch.setattr(module, "read_text_layer", second_page_fails)
    rows = [["FOAN", "Serial no.", "Cause"], ["FOAN-2021-0117", "512345", "material"]]
    reading = read_report(make_report("REPORT", rows, None, "Second page."), "x.pdf", profile)
    assert not isinstance(reading, Failure)
    assert [i.serial_number for i in reading.instances] == ["512345"]
    assert reading.pages[1].problem == "timed_out: Tesseract ran longer than 1 s"


def _read(path: Path, profile: Profile, dpi: int = 150) -> OcrPage:
    document = pdfium.PdfDocument(path)
    page = document[0]
    try:
        return read_page_by_ocr(page, profile.ocr.model_copy(update={"dpi": dpi}))
    finally:
        page.close()
        document.close()


def _answer(*words: tuple[str, float, int, int, int, int]) -> dict[str, list[object]]:
    names = ("text", "conf", "left", "top", "width", "height")
    return dict(zip(names, map(list, zip(*words, strict=True)), strict=True))


def test_words_come_in_points_with_confidences_of_zero_to_one(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Boxes without text, and pieces of rulings, are no words."""
    answer = _answer(
        ("", -1.0, 0, 0, 900, 900),
        ("Load", 96.0, 150, 300, 75, 30),
        ("|", 40.0, 10, 10, 5, 50),
        (" ", 95.0, 0, 0, 9, 9),
    )
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: answer)
    page = _read(make_report("REPORT", "The origin was found."), profile)
    (word,) = page.words
    assert (word.text, word.confidence, word.box) == ("Load", 0.96, Box(72.0, 144.0, 108.0, 158.4))
    assert (page.dpi, page.is_blank) == (150, False)
    assert (page.width_pt, page.height_pt) == pytest.approx((595, 842), abs=1)


def test_a_blank_page_costs_no_tesseract(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is started for it."""
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: pytest.fail("started"))
    page = _read(make_report(" "), profile)
    assert page.is_blank
    assert page.words == ()


def test_large_drawings_are_rendered_at_a_lower_resolution(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet of two metres stays within the memory of a worker."""
    canvas = Canvas(str(tmp_path / "sheet.pdf"), pagesize=(5670, 5670))
    canvas.setFont("Helvetica", 200)
    canvas.drawString(500, 3000, "Drawing of the part")
    canvas.save()
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: _answer(("a", 90.0, 0, 0, 9, 9)))
    page = _read(tmp_path / "sheet.pdf", profile, dpi=300)
    assert page.dpi < 100
    assert (page.width_pt * page.dpi / 72) * (page.height_pt * page.dpi / 72) <= 40_500_000


def test_a_page_that_reads_badly_is_turned_over_where_tesseract_says_so(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reading counts, and the rotation says that the page stood on its head."""
    answers = [_answer(("pɐo⅂", 12.0, 150, 300, 75, 30)), _answer(("Load", 96.0, 150, 300, 75, 30))]
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: answers.pop(0))
    said = {"rotate": 180, "orientation_conf": 9.0}
    monkeypatch.setattr(pytesseract, "image_to_osd", lambda *_args, **_options: said)
    page = _read(make_report("REPORT", "The origin was found."), profile)
    assert [w.text for w in page.words] == ["Load"]
    assert page.rotation_deg == 180


@pytest.mark.parametrize("error", [pytesseract.TesseractError(1, "too few characters"), None])
def test_a_page_of_unknown_orientation_stays_as_it_is(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """Too little text, or a doubtful answer, turns nothing."""

    def orientation(*_args: object, **_options: object) -> dict[str, float]:
        if error is not None:
            raise error
        return {"rotate": 180, "orientation_conf": 0.1}

    answer = _answer(("Load", 12.0, 150, 300, 75, 30))
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: answer)
    monkeypatch.setattr(pytesseract, "image_to_osd", orientation)
    assert _read(make_report("REPORT", "The origin was found."), profile).rotation_deg == 0


def test_an_orientation_that_takes_too_long_is_a_time_limit(
    make_report: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so and names the limit."""

    def too_slow(*_args: object, **_options: object) -> None:
        raise RuntimeError("Tesseract process timeout")

    answer = _answer(("Load", 12.0, 150, 300, 75, 30))
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_args, **_options: answer)
    monkeypatch.setattr(pytesseract, "image_to_osd", too_slow)
    with pytest.raises(OcrError, match=r"longer than 120 s") as caught:
        _read(make_report("REPORT", "The origin was found."), profile)
    assert caught.value.timed_out
