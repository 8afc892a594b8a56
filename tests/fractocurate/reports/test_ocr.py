"""Tesseract: missing, lacking a language, failing, too slow."""

from collections.abc import Callable
from pathlib import Path

import pytesseract
import pytest

from data_contracts.errors import ExitCode, MissingToolError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason
from fractocurate.profile import Profile
from fractocurate.reports.ocr import require_tesseract
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
