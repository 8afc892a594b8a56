"""What the captions of reports say of the magnification of the frames that the reports show."""

from collections import defaultdict
from dataclasses import dataclass

from data_contracts.catalog import Catalog
from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.caption_magnification import Caption, magnification_with_captions

_SURELY_THE_FRAME = 0.8
"""Correlation of figure and frame from which its caption may speak for the frame; a link needs less."""


@dataclass(frozen=True, slots=True)
class CaptionFinding:
    """What captions add to one image file."""

    reading: Reading | None
    """The magnification, where the file states none itself."""
    doubts: tuple[str, ...]


def magnifications_by_caption(catalog: Catalog) -> dict[str, CaptionFinding]:
    """Path -> what captions add; files that no caption speaks of are left out."""
    rows = catalog.query(
        "SELECT d.path, m.magnification, m.magnification_source, r.path AS report, f.page, f.caption, "
        "f.magnification AS stated, f.caption_confidence FROM figure_links l JOIN report_figures f USING (figure_id) "
        "JOIN reports r USING (report_id) JOIN micrographs m USING (micrograph_id) "
        "JOIN dataset d USING (micrograph_id) "
        "WHERE f.magnification IS NOT NULL AND l.correlation >= ? ORDER BY d.path, r.path, f.page, f.figure_id",
        [_SURELY_THE_FRAME],
    )
    own: dict[str, Reading | None] = {}
    captions: dict[str, list[Caption]] = defaultdict(list)
    for path, magnification, source, report, page, text, stated, confidence in rows.iter_rows():
        own[path] = _own(magnification, source)
        captions[path].append(Caption(report, page, text, stated, confidence or 0.0))
    found = {}
    for path, stated_for in captions.items():
        reading, doubts = magnification_with_captions(own[path], stated_for)
        found[path] = CaptionFinding(reading if own[path] is None else None, doubts)
    return found


def _own(magnification: float | None, source: str | None) -> Reading | None:
    if magnification is None or source is None:
        return None
    value = f"{magnification:.10g}"
    return Reading("magnification", value, value, ReadingMethod(source), 1.0)
