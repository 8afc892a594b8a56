"""Readings of micrographs compared with planted truth: counts per style, and how they are printed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from hard_frames.truth import Box, FrameTruth, area

from data_contracts.records import Failure, MicrographReading
from data_contracts.vocabulary import DataBarKind

MAGNIFICATION_TOLERANCE = 0.01
SIZE_TOLERANCE, SIZE_TOLERANCE_OF_SHORT_BAR = 0.02, 0.05
SHORT_BAR_PX = 60
BOX_TOLERANCE_PX = 3
LARGEST_LOSS = 0.01
MIXED_PX = 1
"""At the rim of a drawing that was resized or saved as JPEG lies a pixel that is part of it and part of the picture."""


@dataclass
class Score:
    """Counts of one style, and what went wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def share(self, part: str, whole: str) -> float:
        """Of those that should; 1 where none should."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else 1.0


Scores = Mapping[str, Score]


def score(found: Mapping[str, MicrographReading | Failure], truth: Mapping[str, FrameTruth]) -> dict[str, Score]:
    """Scores by style, and of all together under ``all``."""
    scores: dict[str, Score] = defaultdict(Score)
    for name, true in truth.items():
        reading = found[name]
        events = ["frames"]
        if isinstance(reading, Failure):
            events.append("failed")
        else:
            events += _bar_events(reading, true) + _value_events(reading, true)
        for key in (true.style, "all"):
            scores[key].counts.update(events)
            bad = [e for e in events if e.endswith(_BAD)]
            if bad:
                scores[key].remarks.append(f"{name} {true.style} on {true.background}: {', '.join(bad)}")
    return dict(scores)


_BAD = ("failed", "unfound", "invented", "box_off", "left", "lost", "missing", "flagged", "silent")


def _bar_events(reading: MicrographReading, true: FrameTruth) -> list[str]:
    crop = _ints(reading)
    whole = (0, 0, reading.width_px, reading.height_px)
    if true.bar_kind == "none":
        return ["bare", "bare_whole" if crop == whole else "bare_invented"]
    is_found = reading.data_bar_kind is not DataBarKind.NONE
    events = ["bars", "bar_found" if is_found else "bar_unfound"]
    if true.solid_box is not None:
        events += ["solid", "solid_right" if _is_near(reading, true.solid_box) else "solid_box_off"]
    events.append("bar_left" if any(_is_left(reading, box) for box in true.ink_boxes) else "bar_gone")
    n_filled = sum(mask.width * mask.height for mask in reading.masks)
    loss = (area(true.best_crop) - area(crop) + n_filled) / area(whole)
    events += ["masked"] if reading.masks else []
    if loss > LARGEST_LOSS:
        events.append("picture_lost")
    return events


def _value_events(reading: MicrographReading, true: FrameTruth) -> list[str]:
    short = true.scale_bar_px is not None and true.scale_bar_px < SHORT_BAR_PX
    values = (
        ("mag", "magnification", reading.magnification, true.magnification, MAGNIFICATION_TOLERANCE),
        (
            "size",
            "pixel size",
            reading.pixel_size_nm,
            true.pixel_size_nm,
            SIZE_TOLERANCE_OF_SHORT_BAR if short else SIZE_TOLERANCE,
        ),
    )
    events = []
    for key, word, value, wanted, tolerance in values:
        is_flagged = any(word in issue for issue in reading.issues)
        wrong = f"{key}_wrong_flagged" if is_flagged else f"{key}_wrong_silent"
        if wanted is None:
            events += [f"{key}_unknowable", *([wrong] if value is not None else [])]
            continue
        events.append(f"{key}_known")
        if value is None:
            events.append(f"{key}_missing")
        else:
            events.append(f"{key}_right" if abs(value - wanted) <= tolerance * wanted else wrong)
    return events


def _ints(reading: MicrographReading) -> Box:
    crop = reading.crop_box
    return (round(crop.left), round(crop.top), round(crop.right), round(crop.bottom))


def _is_near(reading: MicrographReading, box: Box) -> bool:
    bar = reading.data_bar_box
    if bar is None:
        return False
    sides = (bar.left, bar.top, bar.right, bar.bottom)
    return all(abs(a - b) <= BOX_TOLERANCE_PX for a, b in zip(sides, box, strict=True))


def _is_left(reading: MicrographReading, drawn: Box) -> bool:
    """Whether some of a drawing lies inside the crop and under no mask."""
    left = np.zeros((reading.height_px, reading.width_px), np.bool_)
    left[drawn[1] : drawn[3], drawn[0] : drawn[2]] = True
    crop = _ints(reading)
    left = left[crop[1] : crop[3], crop[0] : crop[2]]
    for mask in reading.masks:
        x, y = round(mask.left) - crop[0], round(mask.top) - crop[1]
        left[y : y + round(mask.height), x : x + round(mask.width)] = False
    return bool(left.any(axis=0).sum() > MIXED_PX and left.any(axis=1).sum() > MIXED_PX)


_COLUMNS = (
    ("found", "bar_found", "bars"),
    ("box", "solid_right", "solid"),
    ("clean", "bar_gone", "bars"),
    ("whole", "bare_whole", "bare"),
    ("mag", "mag_right", "mag_known"),
    ("size", "size_right", "size_known"),
)


def table(scores: Scores) -> str:
    """A line a style: right of all; pictures that lost over 1 %, or have masks; values that are silently wrong."""
    head = "".join(f"{title:>10}" for title, _, _ in _COLUMNS)
    lines = [f"{'':14}{'frames':>7}{head}{'lost':>6}{'masked':>7}{'mag !':>7}{'size !':>7}"]
    for key in sorted(scores, key=lambda k: (k == "all", k)):
        counts = scores[key].counts
        cells = "".join(
            f"{f'{counts[part]}/{counts[whole]}' if counts[whole] else '-':>10}" for _, part, whole in _COLUMNS
        )
        tail = f"{counts['picture_lost']:>6}{counts['masked']:>7}"
        tail += f"{counts['mag_wrong_silent']:>7}{counts['size_wrong_silent']:>7}"
        lines.append(f"{key:14}{counts['frames']:>7}{cells}{tail}")
    return "\n".join(lines)
