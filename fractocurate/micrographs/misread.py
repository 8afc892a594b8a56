"""When the print of a frame is to be confirmed by a person: the scale label as a test of how well OCR reads it."""

from collections.abc import Sequence

from data_contracts.records import Reading
from data_contracts.vocabulary import DataBarKind, ReadingMethod
from fractocurate.micrographs.bar_text import BarText
from fractocurate.micrographs.lengths import is_odd_label
from fractocurate.micrographs.scale_bar import ScaleBar
from fractocurate.micrographs.scale_labels import scale_label


def odd_label_issues(texts: Sequence[BarText], bars: Sequence[ScaleBar]) -> tuple[str, ...]:
    """What to confirm where the length beside a drawn bar is one that hardly any maker prints.

    Labels are 1, 2 or 5 times a power of ten, seldom 1.5, 2.5, 3 or 4. Whoever reads 106 um for 100 um also reads 508 x
    for 500 x in the same letters, with as much confidence.

    Args:
        texts: what each look read.
        bars: drawn bars, in pixels of the frame as the words are.
    """
    if any(scale_label(text, bars, lambda nm: not is_odd_label(nm)) is not None for text in texts):
        return ()
    odd = next((label for text in texts if (label := scale_label(text, bars, is_odd_label)) is not None), None)
    if odd is None:
        return ()
    told = (
        f"magnification, pixel size: the scale label reads {odd.raw!r}, a length that is hardly ever printed; "
        "confirm the numbers of this bar"
    )
    return (told,)


def lone_magnification_issues(kind: DataBarKind, chosen: Reading | None, pixel_size: Reading | None) -> tuple[str, ...]:
    """What to confirm where a magnification rests on letters over the picture alone.

    A bright grain behind the 7 makes 5x of 75x, and no pixel size excludes that.
    """
    if kind is not DataBarKind.OVERLAY or chosen is None or chosen.method is not ReadingMethod.DATA_BAR:
        return ()
    if pixel_size is not None:
        return ()
    return (f"magnification: {chosen.raw!r} is read over the picture and nothing on the frame confirms it",)
