"""Print over a picture is cut off where that costs little of the picture; else it stays inside the crop as masks."""

from collections.abc import Sequence
from dataclasses import dataclass

from fractocurate.micrographs.flatness import PixelBox, largest_free

MOST_CROPPED = 0.15
"""Share of the frame that is cut off rather than masked: a band at one border, as high as data bars are."""
MOST_MASKED = 0.05
"""Share of the crop that may be filled; beyond, a smaller crop is the better picture."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """What is kept of a frame."""

    crop: PixelBox
    masks: tuple[PixelBox, ...]
    """Boxes of print inside the crop, in pixels of the frame."""


def crop_or_mask(boxes: Sequence[PixelBox], width_px: int, height_px: int) -> KeptPicture:
    """The crop without print, or a larger one in which the boxes that cost most are masked.

    Box by box, the one whose masking enlarges the crop most is masked until the crop loses little; of equal ones the
    smallest. Nothing is masked where more of the crop would be filled than is worth it, nor where the larger crop cuts
    through a piece of print: around such a block, more of it may have gone unseen.

    Args:
        boxes: print and bars with their margins, pixels of the frame.
        width_px: of the frame.
        height_px: of the frame.
    """
    least_area = (1 - MOST_CROPPED) * width_px * height_px
    whole = KeptPicture(largest_free(boxes, width_px, height_px), ())
    crop, rest = whole.crop, list(boxes)
    while crop.area < least_area:
        crops = [largest_free([*rest[:k], *rest[k + 1 :]], width_px, height_px) for k in range(len(rest))]
        worst = max(range(len(rest)), key=lambda k: (crops[k].area, -rest[k].area))
        crop = crops[worst]
        del rest[worst]
    inside = tuple(box for box in boxes if box.overlaps(crop))
    is_torn = any(box.intersected(crop) != box for box in inside)
    return whole if is_torn or sum(box.area for box in inside) > MOST_MASKED * crop.area else KeptPicture(crop, inside)


def mask_issues(kept: KeptPicture, width_px: int, height_px: int) -> tuple[str, ...]:
    """What to say of the masks of a frame of a size."""
    if not kept.masks:
        return ()
    saved = 1 - largest_free(kept.masks, width_px, height_px).area / (width_px * height_px)
    told = (
        f"data bar: {len(kept.masks)} piece(s) of print inside the crop are masked and filled from around, for "
        f"cutting them off would cost {saved:.0%} of the picture"
    )
    return (told,)
