"""Pictures of a page -> figures: with caption, what it states, and a fingerprint of the picture."""

from collections.abc import Sequence

from data_contracts.records import Box, FigureReading
from fractocurate.leakage.fingerprints import fingerprint
from fractocurate.reports.caption_values import caption_values
from fractocurate.reports.captions import find_captions
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.lines import Line
from fractocurate.reports.picture_content import is_drawing, without_data_bar
from fractocurate.reports.pictures import PagePicture

_SAME_PLACE_PT = 3.0
_SAME_PICTURE_BITS = 2


def read_figures(
    pictures: Sequence[PagePicture], lines: Sequence[Line], page: int, identifiers: Identifiers
) -> tuple[FigureReading, ...]:
    """Figures of one page in reading order.

    What is certainly no micrograph is left out: line drawings, text, signatures, logos of a few tones, empty frames.

    Args:
        pictures: of the page, embedded in it or cut out of its scan.
        lines: of the page, from its text layer or from OCR.
        page: its number, 1-based.
        identifiers: the site's grammars, for what captions state.
    """
    shown = [(p, crop) for p in in_reading_order(pictures) if not is_drawing(crop := without_data_bar(p.grey))]
    if not shown:
        return ()

    def is_stating(text: str) -> bool:
        return not caption_values(text, identifiers).is_empty

    captions = find_captions([p.box for p, _ in shown], lines, is_stating)
    figures = []
    for number, ((picture, crop), caption) in enumerate(zip(shown, captions, strict=True), start=1):
        print_ = fingerprint(crop)
        values = caption_values(caption.text if caption else "", identifiers)
        figures.append(
            FigureReading(
                page=page,
                number=number,
                box=picture.box,
                width_px=picture.grey.shape[1],
                height_px=picture.grey.shape[0],
                caption=caption.text if caption else "",
                caption_box=caption.box if caption else None,
                caption_confidence=caption.confidence if caption else None,
                magnification=values.magnification,
                foan=values.foan,
                serial_number=values.serial_number,
                phash=print_.phash,
                contrast=print_.contrast,
                thumbnail_png=print_.thumbnail_png,
            )
        )
    return tuple(figures)


def without_letterhead(figures: Sequence[FigureReading]) -> tuple[FigureReading, ...]:
    """Figures of a whole report without pictures that stand on several pages in the same place, uncaptioned."""
    return tuple(f for f in figures if f.caption or not any(_is_repeated(f, other) for other in figures))


def _is_repeated(one: FigureReading, other: FigureReading) -> bool:
    sides = [(getattr(one.box, s), getattr(other.box, s)) for s in ("left", "top", "right", "bottom")]
    return (
        one.page != other.page
        and all(abs(a - b) <= _SAME_PLACE_PT for a, b in sides)
        and (int(one.phash, 16) ^ int(other.phash, 16)).bit_count() <= _SAME_PICTURE_BITS
    )


def in_reading_order(pictures: Sequence[PagePicture]) -> list[PagePicture]:
    """Row by row; pictures whose heights overlap by more than half stand in one row."""
    rows: list[list[PagePicture]] = []
    for picture in sorted(pictures, key=lambda p: p.box.top):
        if rows and _stands_in_row(picture.box, rows[-1][0].box):
            rows[-1].append(picture)
        else:
            rows.append([picture])
    return [p for row in rows for p in sorted(row, key=lambda p: p.box.left)]


def _stands_in_row(box: Box, first: Box) -> bool:
    shared = min(box.bottom, first.bottom) - max(box.top, first.top)
    return shared > 0.5 * min(box.height, first.height)
