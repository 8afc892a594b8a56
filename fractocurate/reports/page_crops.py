"""The part of a report page that a value was read from, as a picture with the words marked."""

from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from data_contracts.errors import BadInputError
from data_contracts.records import Box

_MARGIN_PT = 24.0
_LEAST_WIDTH_PT = 240.0
"""A single word is shown with what stands around it."""
_MARK = (214, 40, 40)


def page_crop(
    pdf: Path,
    page: int,
    boxes: Sequence[Box],
    *,
    rotation_deg: int = 0,
    skew_deg: float = 0.0,
    dpi: int = 150,
) -> Image.Image:
    """Render the surroundings of some boxes and outline them.

    Args:
        pdf: the report.
        page: 1-based.
        boxes: in points of the upright, straightened page; at least one.
        rotation_deg: clockwise turn that made the page upright, as ``report_pages`` has it.
        skew_deg: counter-clockwise turn that straightened it, likewise.
        dpi: resolution of the result.

    Returns:
        An RGB picture.

    Raises:
        BadInputError: the file is gone or has no such page.
    """
    picture: Image.Image
    try:
        document = pdfium.PdfDocument(pdf)
        try:
            picture = document[page - 1].render(scale=dpi / 72).to_pil().convert("RGB")
        finally:
            document.close()
    except (OSError, IndexError, pdfium.PdfiumError) as error:
        raise BadInputError(f"{pdf}: page {page} cannot be shown: {error}") from error
    picture = picture.rotate(-rotation_deg, expand=True)
    if skew_deg:
        picture = picture.rotate(skew_deg, resample=Image.Resampling.BICUBIC, fillcolor="white")
    scale = dpi / 72
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        frame = (box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
        draw.rectangle([edge * scale for edge in frame], outline=_MARK, width=max(1, dpi // 75))
    return picture.crop(_surroundings(boxes, scale, picture.size))


def _surroundings(boxes: Sequence[Box], scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, right = min(b.left for b in boxes), max(b.right for b in boxes)
    widen = max(_MARGIN_PT, (_LEAST_WIDTH_PT - (right - left)) / 2)
    edges = (
        (left - widen) * scale,
        (min(b.top for b in boxes) - _MARGIN_PT) * scale,
        (right + widen) * scale,
        (max(b.bottom for b in boxes) + _MARGIN_PT) * scale,
    )
    return (
        max(0, round(edges[0])),
        max(0, round(edges[1])),
        min(size[0], round(edges[2])),
        min(size[1], round(edges[3])),
    )
