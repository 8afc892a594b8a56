"""The entry of this package: one PDF in, everything it says out. Pure but for reading the file; runs in workers."""

from collections.abc import Sequence
from pathlib import Path

from data_contracts.records import Failure, ReportReading
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret
from fractocurate.reports.layout import PageWords
from fractocurate.reports.page_words import read_pages
from fractocurate.reports.pdf import look_at_ends, opened
from fractocurate.reports.vocabulary import Vocabulary

_MOST_NAMED = 6


REPORTS_VERSION = 7
"""Raise it when this room reads something differently: every report is read anew at the next ingest."""


def read_report(path: Path, item: str, profile: Profile) -> ReportReading | Failure:
    """Read one report, page by page, by its text layer or by OCR.

    Args:
        path: the PDF.
        item: its path relative to the archive, for failures.
        profile: the site's grammars, vocabulary and OCR settings.

    Returns:
        What the report says; or why it says nothing: the file cannot be opened, no page could be read, no page has
        text, or no fracture instance was found (the detail then names the FOANs that were seen).

    Raises:
        MissingToolError: Tesseract is needed and not installed; ``tesseract.require_tesseract`` finds out beforehand.
    """
    ends = look_at_ends(path, item)
    if isinstance(ends, Failure):
        return ends
    known_words = Vocabulary(profile).known_words
    with opened(path, item, ends) as document:
        if isinstance(document, Failure):
            return document
        pages = read_pages(document, profile, known_words)
    return _report(pages, item, profile, cut_short=ends.is_cut_short)


def _report(pages: Sequence[PageWords], item: str, profile: Profile, *, cut_short: bool) -> ReportReading | Failure:
    if all(page.reading.problem for page in pages):
        return _unreadable(item, pages[0].reading.problem, cut_short=cut_short)
    if not any(page.words for page in pages):
        return Failure(item, Stage.REPORTS, FailureReason.NO_TEXT, f"no text on {len(pages)} page(s)")
    problems = ("the end of the file is missing: pages may be lost",) if cut_short else ()
    reading = interpret(pages, profile, problems)
    if not reading.instances:
        reason = FailureReason.TRUNCATED if cut_short else FailureReason.NO_INSTANCES
        return Failure(item, Stage.REPORTS, reason, _seen(reading))
    return reading


def _unreadable(item: str, problem: str, *, cut_short: bool) -> Failure:
    name, _, detail = problem.partition(": ")
    reason = FailureReason(name) if name in set(FailureReason) else FailureReason.CORRUPT
    return Failure(item, Stage.REPORTS, FailureReason.TRUNCATED if cut_short else reason, detail or problem)


def _seen(reading: ReportReading) -> str:
    foans = list(dict.fromkeys(r.value for r in reading.readings if r.field == "foan" and r.value))
    if not foans:
        return "no fracture instance and no FOAN found"
    more = "" if len(foans) <= _MOST_NAMED else f" and {len(foans) - _MOST_NAMED} more"
    return f"no fracture instance found; FOANs seen: {', '.join(foans[:_MOST_NAMED])}{more}"
