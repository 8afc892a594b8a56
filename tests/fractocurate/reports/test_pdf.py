"""Files that are no readable PDF, each with its own reason."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.profile import Profile
from fractocurate.reports.pdf import PdfEnds, look_at_ends
from fractocurate.reports.read import read_report


def _pdf(encrypt: StandardEncryption | None = None) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=encrypt)
    canvas.drawString(100, 700, "FOAN-2021-0117")
    canvas.save()
    return buffer.getvalue()


def _without_pages() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
        b"trailer\n<</Root 1 0 R/Size 3>>\n%%EOF\n"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", FailureReason.EMPTY_FILE),
        (b"Notes about the fractures\n", FailureReason.NOT_A_PDF),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), FailureReason.NOT_A_PDF),
        (_pdf(StandardEncryption("secret", ownerPassword="owner")), FailureReason.ENCRYPTED),
        (_pdf()[:400], FailureReason.TRUNCATED),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"\n%%EOF\n", FailureReason.CORRUPT),
        (_without_pages(), FailureReason.CORRUPT),
    ],
    ids=["empty", "text", "picture", "encrypted", "truncated", "garbage", "no pages"],
)
def test_each_kind_of_broken_file_has_its_own_reason(
    tmp_path: Path, profile: Profile, content: bytes, reason: FailureReason
) -> None:
    """A broken file is a failure row that names the item, the stage and the reason."""
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    failure = read_report(path, "old/broken.pdf", profile)
    assert isinstance(failure, Failure)
    assert (failure.item, failure.stage, failure.reason) == ("old/broken.pdf", Stage.REPORTS, reason)
    assert failure.detail


def test_a_file_that_has_gone_is_vanished(tmp_path: Path, profile: Profile) -> None:
    """Files may disappear between the listing of the archive and their reading."""
    failure = read_report(tmp_path / "gone.pdf", "gone.pdf", profile)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.VANISHED


def test_what_the_system_refuses_to_read_is_unreadable(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own words are kept."""

    def refuse(_: Path, mode: str) -> bytes:  # noqa: ARG001 - as Path.open is called
        raise PermissionError(13, os.strerror(13))

    path = tmp_path / "locked.pdf"
    path.write_bytes(_pdf())
    monkeypatch.setattr(Path, "open", refuse)
    failure = read_report(path, "locked.pdf", profile)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.UNREADABLE
    assert "Permission denied" in failure.detail


def test_a_missing_end_mark_flags_what_can_still_be_read(make_report: Callable[..., Path], profile: Profile) -> None:
    """A report that lost its last bytes but opens is read, and every row says that pages may be lost."""
    path = make_report("REPORT", [["FOAN", "Serial no.", "Cause"], ["FOAN-2021-0117", "512345", "material"]])
    content = path.read_bytes()
    ends = look_at_ends(path, "whole.pdf")
    assert isinstance(ends, PdfEnds)
    assert not ends.is_cut_short
    path.write_bytes(content[: content.rindex(b"%%EOF")])
    reading = read_report(path, "cut.pdf", profile)
    if isinstance(reading, Failure):
        assert reading.reason is FailureReason.TRUNCATED
    else:
        assert all("pages may be lost" in i.issues[0] for i in reading.instances)
