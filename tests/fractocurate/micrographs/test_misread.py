"""Numbers that are read with confidence and are wrong all the same are told from others by what stands beside them."""

import pytest

from data_contracts.records import Box, Reading, Word
from data_contracts.vocabulary import DataBarKind, ReadingMethod
from fractocurate.micrographs.bar_text import BarText, lines_of
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.misread import lone_magnification_issues, odd_label_issues
from fractocurate.micrographs.scale_bar import ScaleBar

BAR = ScaleBar(PixelBox(190, 10, 270, 13), 80.0, is_ruler=False, parts=(PixelBox(190, 10, 270, 13),))
PRINTED = Reading("magnification", "5X", "5", ReadingMethod.DATA_BAR, 0.86)
SIZE = Reading("pixel_size_nm", "500 um on 141 px", "3546", ReadingMethod.SCALE_BAR, 0.9)


def label(text: str) -> BarText:
    """One word of 10 px height beside the bar."""
    return BarText(lines_of([Word(text, Box(200, 20, 200 + 6 * len(text), 30), 0.9)]))


@pytest.mark.parametrize("raw", ["106um", "600nm", "8mm", "108um"])
def test_label_that_no_maker_prints_is_told(raw: str) -> None:
    """It shows that digits are misread here."""
    (issue,) = odd_label_issues([label(raw), label(raw)], [BAR])
    assert repr(raw) in issue


@pytest.mark.parametrize("raw", ["1um", "20um", "500nm", "2.5um", "300um", "x1000"])
def test_usual_labels_and_other_words_are_not_told(raw: str) -> None:
    """Nor is a length far from every bar."""
    assert not odd_label_issues([label(raw)], [BAR])
    assert not odd_label_issues([label("106um")], [])


def test_one_look_that_reads_a_usual_label_is_enough() -> None:
    """The other look is then the odd one."""
    assert not odd_label_issues([label("106um"), label("100um")], [BAR])


def test_magnification_over_the_picture_needs_a_pixel_size_beside_it() -> None:
    """On a strip, or with a scale that goes with it, it stands alone; from a tag it is not read at all."""
    assert lone_magnification_issues(DataBarKind.OVERLAY, PRINTED, None)
    assert not lone_magnification_issues(DataBarKind.OVERLAY, PRINTED, SIZE)
    assert not lone_magnification_issues(DataBarKind.BOTTOM, PRINTED, None)
    assert not lone_magnification_issues(DataBarKind.OVERLAY, None, None)
