"""Which of the magnifications of a frame is believed."""

from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.bar_values import lost_point
from fractocurate.micrographs.pixel_size import fits_display
from fractocurate.micrographs.settings import MicrographSettings


def choose_magnification(
    readings: Sequence[Reading], settings: MicrographSettings
) -> tuple[Reading | None, tuple[str, ...]]:
    """The magnification that is believed: the printed one if it was read well, else that of the tag.

    The printed value belongs to the picture for sure; a tag may be a left-over of another one. Where a tag and a
    well-read print differ, the print is taken and all values are listed.
    """
    of_field = [r for r in readings if r.field == "magnification" and r.value is not None]
    tags = [r for r in of_field if r.method in (ReadingMethod.VENDOR_TAG, ReadingMethod.SIDECAR)]
    printed = [r for r in of_field if r.method is ReadingMethod.DATA_BAR]
    good = [r for r in printed if r.confidence >= settings.least_ocr_confidence]
    if tags and printed:
        confirmed = [r for r in printed if _same(r, tags[0], settings.magnification_tolerance)]
        if confirmed:
            return confirmed[0], ()
        listed = "; ".join(f"{r.method} {r.value} (confidence {r.confidence:.2f})" for r in (*tags[:1], *printed))
        issue = f"magnification: sources disagree: {listed}; correct the tag or confirm the printed value"
        return (good[0] if good else tags[0]), (issue,)
    if tags:
        return tags[0], ()
    if not good:
        return None, ()
    if len(good) > 1 and not _same(good[0], good[1], settings.magnification_tolerance):
        listed = "; ".join(f"{r.raw!r}" for r in good)
        return good[0], (f"magnification: several values are printed: {listed}",)
    return good[0], ()


def snapped(chosen: Reading, settings: MicrographSettings) -> Reading:
    """The reading with the value of the nearest step of the site, if that is near; its raw text stays."""
    value = float(chosen.value or 0)
    if not settings.nominal_magnifications or value <= 0:
        return chosen
    step = min(settings.nominal_magnifications, key=lambda nominal: abs(nominal - value) / nominal)
    if step == value or abs(step - value) > settings.nominal_tolerance * step:
        return chosen
    return replace(chosen, value=f"{step:.10g}", note=f"{value:.10g} snapped to a step of the site")


def with_point_restored(
    readings: Sequence[Reading], sizes: Sequence[Reading], width_px: int
) -> tuple[Reading | None, tuple[str, ...]]:
    """A magnification whose lost decimal point the pixel size gives back: 5.00 K X that was read as ``500 K X``."""
    for printed in readings:
        if printed.field != "magnification" or printed.value is None or not lost_point(printed.raw):
            continue
        value = float(printed.value)
        for size in sizes:
            field_mm = float(size.value or 0) * width_px / 1e6
            if fits_display(field_mm * value) or not fits_display(field_mm * value / 100):
                continue
            restored = replace(printed, value=f"{value / 100:.10g}", confidence=0.5, note="decimal point restored")
            issue = (
                f"magnification: {printed.raw!r} read as {restored.value}, because the scale excludes {printed.value}"
            )
            return restored, (issue,)
    return None, ()


def with_point_proved(size: Reading, width: Reading, magnification: Reading | None) -> Reading:
    """A pixel size whose printed width may have lost its decimal point, surer if the magnification excludes that.

    With a point the field would be a tenth or a hundredth as wide, and the display narrower than any.
    """
    if not width.note or magnification is None or magnification.value is None or width.value is None:
        return size
    display_mm = float(width.value) * float(magnification.value) / 1e6
    if not fits_display(display_mm) or fits_display(display_mm / 10):
        return size
    note = "no decimal point, as the magnification says"
    return replace(size, confidence=magnification.confidence, note=note)


def _same(one: Reading, other: Reading, tolerance: float) -> bool:
    a, b = float(one.value or 0), float(other.value or 0)
    return abs(a - b) <= tolerance * max(a, b)
