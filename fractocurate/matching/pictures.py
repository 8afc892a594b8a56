"""Pictures in reports x micrographs: which frames a report shows. Evidence that no file name touches.

Candidates are the frames whose perceptual hashes lie close to that of a figure; each is then laid over the figure, and
the textures of the two are correlated. A figure may be cropped a little otherwise than the frame, scanned, and of other
brightness; so brightness and slow shading are taken out, and small shifts and stretches are tried.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.feature import match_template

from fractocurate.leakage.candidates import count_bits, hashes_from_hex

CONFIRMED_FROM = 0.6
"""Correlation of textures from which two pictures show the same field. Of 86 figures of a test archive (scans among
them), strangers stayed below 0.3 and the same field above 0.8."""
MAX_HAMMING = 18
"""Bits of 64 in which candidates may differ: of 10,000 strangers some four come as near, and a scanned figure that was
cropped otherwise differs in up to 16."""

_WIDTH_PX = 128
_COARSE_WIDTH_PX = 64
_COARSE_FLOOR = 0.25
"""Below this at half the size, the full search cannot reach ``CONFIRMED_FROM``; strangers mostly end here."""
_STRETCHES = (1.0, 0.97, 1.03, 0.94, 1.06)
_SHADING_SHARE = 1 / 32
"""Shading is what a Gaussian of this share of the width leaves: charging, tilt, a scanner's lamp."""
_MARGIN_SHARE = 0.12
"""Left free around the template, so that the figure may be shifted or cropped by so much."""
_MIN_TEMPLATE_PX = 16
_LEAST_TEXTURE = 0.5
"""Grey levels (standard deviation without shading): flatter pictures are alike whatever they show."""

Grey = npt.NDArray[np.uint8]
Texture = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of a report, or a micrograph, without its data bar."""

    key: str
    """figure_id or micrograph_id."""
    phash: str
    """64 bits, 16 hexadecimal digits."""
    thumbnail_png: bytes
    """Grey, longest side 128 px."""


@dataclass(frozen=True, slots=True)
class FigureLink:
    """A figure that shows the field of a micrograph."""

    figure_id: str
    micrograph_id: str
    hamming: int
    """Differing bits of the pHashes, 0 to 64."""
    correlation: float
    """Of the textures after alignment, ``CONFIRMED_FROM`` to 1."""


def link_figures(figures: Iterable[Picture], frames: Sequence[Picture]) -> list[FigureLink]:
    """Find the frames that each figure shows; several, where the archive holds copies or neighbouring takes.

    Returns:
        Confirmed links, sorted by (figure_id, micrograph_id); the order of the input plays no part.
    """
    ordered = sorted(frames, key=lambda frame: frame.key)
    if not ordered:
        return []
    hashes = hashes_from_hex(frame.phash for frame in ordered)
    thumbnails = {frame.key: frame.thumbnail_png for frame in ordered}
    links = []
    for figure in sorted(figures, key=lambda f: f.key):
        hamming = count_bits(hashes ^ hashes_from_hex([figure.phash])[0])
        shown = _decoded(figure.thumbnail_png)
        for position in np.flatnonzero(hamming <= MAX_HAMMING).tolist():
            frame = ordered[position]
            correlation = texture_correlation(shown, _decoded(thumbnails[frame.key]))
            if correlation >= CONFIRMED_FROM:
                links.append(FigureLink(figure.key, frame.key, int(hamming[position]), correlation))
    return sorted(links, key=lambda link: (link.figure_id, link.micrograph_id))


def texture_correlation(figure: Grey, frame: Grey) -> float:
    """Normalised cross-correlation of two pictures' textures after alignment by shift and a stretch of up to 6 %.

    Args:
        figure: uint8, shape (height, width).
        frame: the same; its shape may differ.

    Returns:
        0 (nothing in common, or too flat to tell) to 1. Rotated, mirrored and zoomed pictures are not found.
    """
    if _correlation(figure, frame, _COARSE_WIDTH_PX, _STRETCHES[:1]) < _COARSE_FLOOR:
        return 0.0
    return _correlation(figure, frame, _WIDTH_PX, _STRETCHES)


def _correlation(figure: Grey, frame: Grey, width_px: int, stretches: Sequence[float]) -> float:
    field = _texture(frame, width_px)
    if field.std() < _LEAST_TEXTURE:
        return 0.0
    best = 0.0
    for stretch in stretches:
        template = _middle(_texture(figure, round(width_px * stretch)), field.shape[0])
        is_usable = (
            min(template.shape) >= _MIN_TEMPLATE_PX
            and template.shape[0] <= field.shape[0]
            and template.shape[1] <= field.shape[1]
            and template.std() >= _LEAST_TEXTURE
        )
        if is_usable:
            # scikit-image ships no types.
            best = max(best, float(match_template(field, template).max()))  # type: ignore[no-untyped-call]
    return min(best, 1.0)


def _texture(picture: Grey, width_px: int) -> Texture:
    """A picture at a given width without its shading."""
    height_px = max(1, round(picture.shape[0] * width_px / picture.shape[1]))
    resized = Image.fromarray(picture).resize((width_px, height_px), Image.Resampling.LANCZOS)
    levels = np.asarray(resized, dtype=np.float32)
    texture: Texture = levels - gaussian_filter(levels, _SHADING_SHARE * width_px)
    return texture


def _middle(texture: Texture, field_height_px: int) -> Texture:
    """The part of a figure that the frame surely shows as well: all but a margin, and what is too high for it."""
    height_px, width_px = texture.shape
    too_high_px = max(0, height_px - field_height_px)
    top, left = round(_MARGIN_SHARE * height_px), round(_MARGIN_SHARE * width_px)
    return texture[top + too_high_px // 2 : height_px - top - too_high_px // 2, left : width_px - left]


@lru_cache(maxsize=256)
def _decoded(png: bytes) -> Grey:
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        return np.array(picture.convert("L"))
