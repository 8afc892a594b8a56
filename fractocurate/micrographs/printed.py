"""What the pixels of one frame say: bar or drawing, the text on it, and the values in that text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from data_contracts.masks import cut_picture
from data_contracts.pixels import GreyImage
from data_contracts.records import Reading
from data_contracts.vocabulary import DataBarKind, ReadingMethod
from fractocurate.micrographs.bar_text import LETTER_HEIGHTS_PX, looks_at, read_text
from fractocurate.micrographs.data_bar import find_data_bar
from fractocurate.micrographs.drawn_box import DataBar, find_floating_box, ink_of, paper_around
from fractocurate.micrographs.flatness import BoolImage, PixelBox, flat_runs, is_drawing, largest_free
from fractocurate.micrographs.leftovers import find_leftover
from fractocurate.micrographs.masking import KeptPicture, crop_or_mask, mask_issues
from fractocurate.micrographs.misread import odd_label_issues
from fractocurate.micrographs.overlay import Overlay, find_overlay
from fractocurate.micrographs.pixel_size import PRECISION_OF_TAG, SizeCandidate, pixel_size_from_bar, precision_of_bar
from fractocurate.micrographs.printed_values import LEGIBLE_ALONE, SURE_VALUE, UNCONFIRMED, PrintedValues, record_box
from fractocurate.micrographs.scale_bar import ScaleBar, find_scale_bars
from fractocurate.micrographs.scale_labels import ScaleLabel
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.strip_form import is_printed_strip
from fractocurate.micrographs.vendor_tags import VendorFacts
from fractocurate.tesseract import OcrError

LEGIBLE_BESIDE_A_BAR = 0.3
"""The same beside a bar or ruler of perfect form: cracks, seams and arrays that have such a form have no letters."""
MOST_BARS_LAID_OUT, LONGEST_LAID_OUT = 2, 0.45
"""Of a drawing that is believed unread: bars in it, and their length as a share of the frame's width."""
LEAST_ON_PAPER = 0.5
"""Share of a box of print, of which much is margin."""
NEAR_HINT_PX = 6
_INK_FROM = 100
"""Of 255: strength from which the lettering of an overlay is ink."""


@dataclass
class Sight:
    """What the pixels of one frame say."""

    bar: DataBar
    sizes: list[SizeCandidate] = field(default_factory=list)
    """Of drawn scale bars."""
    readings: list[Reading] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)


def look_at(grey: GreyImage, facts: VendorFacts, settings: MicrographSettings) -> Sight:
    """Find the data bar or drawing of a frame and read it.

    Text is read from the bar alone, at once for all of it; a second time only where it contradicts the metadata.

    Raises:
        MissingToolError: Tesseract or one of its languages is not installed.
    """
    sight = _look_at(grey, facts, settings)
    states_nothing = not facts.vendor and not any(r.value and r.confidence >= SURE_VALUE for r in _values_of(sight))
    if settings.use_ocr and sight.bar.box is not None and states_nothing and is_drawing(grey):
        issue = "data bar: the file looks like a drawing or a page, not like a micrograph; nothing was cropped"
        return Sight(_no_bar(grey), issues=[issue])
    return sight


def _values_of(sight: Sight) -> list[Reading]:
    return [r for r in sight.readings if r.field in ("magnification", "pixel_size_nm", "field_width_nm")]


def _no_bar(grey: GreyImage) -> DataBar:
    return DataBar(DataBarKind.NONE, None, PixelBox(0, 0, grey.shape[1], grey.shape[0]))


def _look_at(grey: GreyImage, facts: VendorFacts, settings: MicrographSettings) -> Sight:
    bar = find_data_bar(grey, facts.bar_top_px)
    doubtful, told = None, []
    if bar.box is not None:
        sight, is_print = _read_strip(grey, bar, facts, settings)
        if is_print:
            return sight
        doubtful, told = bar.box, [issue for issue in sight.issues if issue not in bar.issues]
        # What lies along a border may be vacuum, and the print in a box elsewhere.
        floating = find_floating_box(grey, flat_runs(grey))
        if floating is not None and floating.box != bar.box:
            sight, is_print = _read_strip(grey, floating, facts, settings)
            if is_print:
                return sight
    overlay = find_overlay(grey)
    whole = Sight(_no_bar(grey))
    seen = _read_overlay(whole, overlay, grey, settings) if overlay is not None else whole
    return _unread(grey, doubtful, told) if doubtful is not None and seen.bar.box is None else seen


def _read_strip(grey: GreyImage, bar: DataBar, facts: VendorFacts, settings: MicrographSettings) -> tuple[Sight, bool]:
    """Read a solid bar, and say whether it is one.

    A flat region with a straight edge and specks in it may be mounting, a blank scan or a charging band. What makes it
    a bar is that its text can be read, that it is set as print is whatever its script, or that the maker's metadata say
    that it is there.
    """
    sight = Sight(bar, issues=list(bar.issues))
    if bar.box is None or not settings.use_ocr:
        return sight, True
    part = np.ascontiguousarray(bar.box.cut(grey))
    ink = ink_of(part, bar.background)
    bars = find_scale_bars(ink)
    contrast = _contrast(part, ink, bar.background)
    printed = _read(sight, (contrast, contrast), ink, bar.box, bars, settings, facts)
    if not bar.crop.area:
        if not printed.has_value and printed.surest < LEGIBLE_ALONE:
            return sight, False
    elif not _is_hinted(bar, facts) and not printed.is_legible and not is_printed_strip(grey, bar):
        return sight, False
    if _is_contradicted(facts, printed):
        in_frame = [_moved(drawn, bar.box.left, bar.box.top) for drawn in bars]
        sight.issues += odd_label_issues(printed.texts, in_frame)
    return sight, True


def _is_hinted(bar: DataBar, facts: VendorFacts) -> bool:
    """Whether the metadata put the upper edge of a bar where it was found."""
    return bar.box is not None and facts.bar_top_px is not None and abs(facts.bar_top_px - bar.box.top) <= NEAR_HINT_PX


def _unread(grey: GreyImage, box: PixelBox, told: Sequence[str]) -> Sight:
    """The frame as a whole: what looked like a bar or print cannot be read, and a person should look.

    What OCR told of a failure stays said.
    """
    issue = (
        f"data bar: what looks like print at x {box.left} to {box.right}, y {box.top} to {box.bottom} cannot be read; "
        "nothing was cropped, confirm that the frame has no bar"
    )
    return Sight(_no_bar(grey), issues=[*told, issue])


def _confirms(printed: PrintedValues, facts: VendorFacts, settings: MicrographSettings) -> bool:
    """Whether one look suffices: it read the magnification of the metadata, and their pixel size is beyond doubt.

    It is where the drawn bar and its label give the same, or say nothing and the metadata were written for a picture of
    this size.
    """
    if _is_contradicted(facts, printed) or facts.issues or not printed.has_value:
        return False
    stated = [float(r.value) for r in facts.readings if r.field == "pixel_size_nm" and r.value is not None]
    if not stated or printed.label is None:
        return bool(stated) and facts.is_of_this_size
    tag = SizeCandidate(replace(_size_of_bar(printed.label), value=str(stated[0])), PRECISION_OF_TAG)
    return tag.agrees(_size_candidate(printed.label), settings.pixel_size_tolerance)


def _is_contradicted(facts: VendorFacts, printed: PrintedValues) -> bool:
    """Whether what was read does not confirm the magnification that the metadata state."""
    stated = {r.value for r in facts.readings if r.field == "magnification"}
    return not any(r.value in stated for r in printed.magnifications)


def _read_overlay(sight: Sight, overlay: Overlay, grey: GreyImage, settings: MicrographSettings) -> Sight:
    """Read a drawing over the picture; if nothing in it is legible, it may be a feature of the specimen."""
    bars = [_moved(bar, -overlay.box.left, -overlay.box.top) for bar in overlay.bars]
    before = Sight(sight.bar, list(sight.sizes), list(sight.readings), list(sight.issues))
    printed = None
    if settings.use_ocr:
        ink = np.asarray(overlay.pages[0] > _INK_FROM)
        printed = _read(sight, overlay.pages, ink, overlay.box, bars, settings)
    if printed is None:
        if not overlay.is_certain:
            return before
    elif not (
        printed.is_legible
        or _is_laid_out(overlay, grey.shape[1])
        or (overlay.is_certain and _has_lettering(overlay) and printed.surest >= LEGIBLE_BESIDE_A_BAR)
    ):
        # Edges, cracks and arrays make straight lines, and marks in rows. Print can be read, or is laid out as a scale
        # bar and its label are.
        return _unread(grey, overlay.box, sight.issues)
    height_px, width_px = grey.shape
    papers = [paper for group in overlay.groups if (paper := paper_around(grey, group)) is not None]
    boxes = [*papers, *(box for box in overlay.boxes if not any(_is_on(box, paper) for paper in papers))]
    kept = crop_or_mask(boxes, width_px, height_px)
    if kept.masks and find_leftover(cut_picture(grey, kept.crop.sides, [mask.sides for mask in kept.masks])):
        # Beside what was found stands more print, which a smaller crop leaves out as well.
        kept = KeptPicture(largest_free(boxes, width_px, height_px), ())
    kind, place, level = DataBarKind.OVERLAY, overlay.place, int(grey.max())
    if papers:
        place = max(papers, key=lambda paper: paper.area)
        kind, level = DataBarKind.BOX, int(np.median(place.cut(grey)))
    sight.bar = DataBar(kind, place, kept.crop, level, masks=kept.masks)
    sight.issues += mask_issues(kept, width_px, height_px)
    return sight


def _is_on(box: PixelBox, paper: PixelBox) -> bool:
    """Whether most of some print with its margins lies on a piece of paper."""
    return box.intersected(paper).area >= LEAST_ON_PAPER * box.area


def _has_lettering(overlay: Overlay) -> bool:
    """Whether it is more than bars."""
    return len(overlay.boxes) > len(overlay.bars)


def _is_laid_out(overlay: Overlay, width_px: int) -> bool:
    """Whether a bar of perfect form has lettering beside it, and is neither one of a row nor as long as a crack.

    Rulers are not believed unread: gratings and dendrites have evenly spaced ticks as well.
    """
    if (
        any(bar.is_ruler for bar in overlay.bars)
        or not overlay.is_certain
        or not _has_lettering(overlay)
        or len(overlay.bars) > MOST_BARS_LAID_OUT
    ):
        return False
    return max(bar.length_px for bar in overlay.bars) <= LONGEST_LAID_OUT * width_px


def _read(
    sight: Sight,
    pages: Sequence[NDArray[np.uint8]],
    ink: BoolImage,
    box: PixelBox,
    bars: Sequence[ScaleBar],
    settings: MicrographSettings,
    facts: VendorFacts | None = None,
) -> PrintedValues:
    """Two looks of OCR at one region; bars are in the region's pixels.

    Where metadata state what the first look may confirm, the second is taken only if it does not. Without metadata
    (None) the region is drawn over the picture.
    """
    over_picture = facts is None
    for part in (part for bar in bars for part in bar.parts):
        for page in pages:
            part.cut(page)[:] = 0
    in_frame = [_moved(bar, box.left, box.top) for bar in bars]
    found = PrintedValues()
    is_stated = facts is not None and any(r.field == "magnification" for r in facts.readings)
    looks = looks_at(pages, ink, sorted(LETTER_HEIGHTS_PX, reverse=not is_stated))
    try:
        for n in (1, 1) if is_stated else (2,):
            if found.texts and facts is not None and _confirms(found, facts, settings):
                break
            for text in read_text(tuple(islice(looks, n)), box, settings):
                found.add(text, in_frame)
    except OcrError as error:
        sight.issues.append(f"data bar: {error}")
    # On a picture a letter may lose a stroke and be read wrongly with confidence: two looks have to agree there.
    if over_picture:
        found.doubt_what_one_look_saw()
    # However well its label was read; on even ground the tick at an end of a line may be lost, not a part of the line.
    if found.label is not None and not found.label.bar.is_whole and (over_picture or found.label.bar.is_ruler):
        found.label = replace(found.label, confidence=min(found.label.confidence, UNCONFIRMED))
    sight.readings += found.readings(box)
    if found.label is not None:
        size = _size_candidate(found.label)
        sight.sizes.append(size)
        sight.readings.append(size.reading)
    return found


def _size_candidate(label: ScaleLabel) -> SizeCandidate:
    return SizeCandidate(_size_of_bar(label), precision_of_bar(label.bar.length_px))


def _size_of_bar(label: ScaleLabel) -> Reading:
    value = pixel_size_from_bar(label.length_nm, label.bar.length_px)
    return Reading(
        "pixel_size_nm",
        f"{label.raw} on {label.bar.length_px:g} px",
        f"{value:.6g}",
        ReadingMethod.SCALE_BAR,
        label.confidence,
        box=record_box(label.bar.box),
        note="ruler, first to last tick" if label.bar.is_ruler else "drawn bar",
    )


def _contrast(part: GreyImage, ink: BoolImage, background: int) -> NDArray[np.uint8]:
    """Distance from the background, stretched so that a typical letter is 255."""
    distance = np.abs(part.astype(np.int16) - background)
    full = float(np.percentile(distance[ink], 75)) if ink.any() else 255.0
    return np.asarray(np.clip(distance * (255 / max(full, 1)), 0, 255), dtype=np.uint8)


def _moved(bar: ScaleBar, dx: int, dy: int) -> ScaleBar:
    return replace(bar, box=bar.box.shifted(dx, dy), parts=tuple(part.shifted(dx, dy) for part in bar.parts))
