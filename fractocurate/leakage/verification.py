"""Whether two micrographs show one field: candidates of any source, aligned, compared where they overlap, and named."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from data_contracts.vocabulary import PairKind
from fractocurate.leakage.alignment import MAX_SCALE_MISFIT, Alignment
from fractocurate.leakage.common_region import CommonRegion, compare_common_region
from fractocurate.leakage.local_features import LocalFeatures
from fractocurate.leakage.template_search import MAX_SCALE, MIN_SCALE, Sighting, find_place
from fractocurate.leakage.views import View

EVIDENCE: tuple[tuple[int, float], ...] = ((6, 0.50), (4, 0.65), (3, 0.80))
"""Inliers and SSIM of the common region of two frames of one FOAN; each of these pairs is enough (decision 4)."""
EVIDENCE_BETWEEN_FOANS: tuple[tuple[int, float], ...] = ((12, 0.50), (6, 0.60), (4, 0.65))
"""The same of any other two, of which there are so many that chance gets far."""
_FEWEST_AGAINST_PIXEL_SIZES = 6
"""Inliers that are believed where the scale contradicts the pixel sizes."""
_MIN_INLIERS = min(n_inliers for n_inliers, _ in EVIDENCE)
MIN_SSIM_WITHOUT_FEATURES = 0.80
"""Of an alignment that was proposed by a hash and that no feature bears out."""
SIGHTING_EVIDENCE: tuple[tuple[float, float], ...] = ((0.55, 0.60), (0.70, 0.85))
"""Residual ratio at most and correlation at least; each of these pairs is enough (decision 4)."""
MIN_SSIM_OF_SIGHTING = 0.45
MIN_SSIM_OF_TWO_WITNESSES = 0.50
"""Of a zoom of which few features agree, but which is the most like the overview just where they say."""
_SAME_SPOT = 0.02
"""Of the overview's longest side: a chance hit anywhere in it lies so near in 1 of 1,000 cases."""
MIN_COMMON_SHARE = 0.15
"""Part of the smaller field that both must show."""

_WHOLE = 0.90
"""Part of a field that counts as all of it: an edge is lost to rounding, to a crop of the bar, or to drift."""
_MOST = 0.50
_SAME_SCALE = 1.03
_SAME_EXPOSURE_SSIM = 0.90
_SAME_PLACE = 0.01
"""Distance between the middles of two frames of one exposure, as share of the longest side."""
_UPRIGHT_DEG = 10.0


@dataclass(frozen=True, slots=True)
class AuditedFrame:
    """What the full audit knows of one micrograph."""

    features: LocalFeatures
    width_px: int
    height_px: int
    """Of the cropped frame, as stored in the file."""
    pixel_size_nm: float | None = None

    @property
    def longest_side_px(self) -> int:
        """The unit of length of features and alignments."""
        return max(self.width_px, self.height_px)

    @property
    def field_width_nm(self) -> float | None:
        """Length of the longest side on the specimen."""
        return self.pixel_size_nm and self.pixel_size_nm * self.longest_side_px


class OpenFrame:
    """A frame while it is compared with others: its view is decoded once."""

    def __init__(self, frame: AuditedFrame) -> None:
        """``frame`` stays as it is."""
        self.frame = frame

    @cached_property
    def view(self) -> View:
        """The frame's picture."""
        return View(self.frame.features.view)


@dataclass(frozen=True, slots=True)
class CommonField:
    """The evidence that two micrographs a and b show one field."""

    kind: PairKind
    ssim: float
    """Of the common region, after alignment, at the resolution of the coarser frame."""
    share_a: float
    share_b: float
    """Part of each frame that the other one shows, too."""
    scale_ratio: float
    """Pixel size of b over that of a."""
    alignment: Alignment
    """From a to b, in shares of each frame's longest side."""


def known_scale(a: AuditedFrame, b: AuditedFrame) -> float | None:
    """Length in b over length in a of one thing, in shares of the longest sides; None if a pixel size is not known."""
    if a.field_width_nm is None or b.field_width_nm is None:
        return None
    return a.field_width_nm / b.field_width_nm


def verify(
    a: OpenFrame, b: OpenFrame, alignments: Iterable[Alignment], *, is_same_foan: bool = False
) -> CommonField | None:
    """Compare two frames under each alignment proposed, and keep the likest that the evidence bears out.

    Args:
        a: the first frame.
        b: the second.
        alignments: from a to b.
        is_same_foan: fields in common are then likely, and less evidence is enough; pairs of strangers are so many
            that the least evidence is met by some of them.

    Returns:
        None if none does.
    """
    best: CommonField | None = None
    scale = known_scale(a.frame, b.frame)
    for alignment in alignments:
        if 0 < alignment.n_inliers < _MIN_INLIERS:
            continue
        region = compare_common_region(a.view, b.view, alignment)
        if region is None or max(region.share_a, region.share_b) < MIN_COMMON_SHARE:
            continue
        if not _is_borne_out(alignment, region, scale, is_same_foan=is_same_foan) and not (
            region.ssim >= MIN_SSIM_OF_TWO_WITNESSES and _is_seen_there(a.view, b.view, alignment, scale)
        ):
            continue
        if best is None or region.ssim > best.ssim:
            best = _field(a.frame, b.frame, alignment, region)
    return best


def verify_zoom(a: OpenFrame, b: OpenFrame) -> CommonField | None:
    """Seek the one frame in the other at the scale that the pixel sizes tell.

    Returns:
        None if a pixel size is not known, the scales are too near or too far apart, or no place stands out.
    """
    scale = known_scale(a.frame, b.frame)
    if scale is None or not MIN_SCALE <= max(scale, 1 / scale) <= MAX_SCALE:
        return None
    sighting = find_place(a.view, b.view, scale) if scale > 1 else find_place(b.view, a.view, 1 / scale)
    if sighting is None or not _stands_out(sighting):
        return None
    alignment = sighting.alignment if scale > 1 else sighting.alignment.inverse()
    region = compare_common_region(a.view, b.view, alignment)
    if region is None or region.ssim < MIN_SSIM_OF_SIGHTING:
        return None
    return _field(a.frame, b.frame, alignment, region)


def _stands_out(sighting: Sighting) -> bool:
    return any(
        sighting.residual_ratio <= ratio and sighting.correlation >= correlation
        for ratio, correlation in SIGHTING_EVIDENCE
    )


def _field(a: AuditedFrame, b: AuditedFrame, alignment: Alignment, region: CommonRegion) -> CommonField:
    pixel_ratio = a.longest_side_px / (b.longest_side_px * alignment.scale)
    return CommonField(
        kind=_kind(a, b, alignment, region, pixel_ratio),
        ssim=region.ssim,
        share_a=region.share_a,
        share_b=region.share_b,
        scale_ratio=pixel_ratio,
        alignment=alignment,
    )


def _is_borne_out(alignment: Alignment, region: CommonRegion, scale: float | None, *, is_same_foan: bool) -> bool:
    if alignment.n_inliers == 0:
        return region.ssim >= MIN_SSIM_WITHOUT_FEATURES
    if alignment.n_inliers < _FEWEST_AGAINST_PIXEL_SIZES and _contradicts(alignment, scale):
        return False
    evidence = EVIDENCE if is_same_foan else EVIDENCE_BETWEEN_FOANS
    return any(alignment.n_inliers >= n_inliers and region.ssim >= ssim for n_inliers, ssim in evidence)


def _contradicts(alignment: Alignment, scale: float | None) -> bool:
    return scale is not None and abs(math.log(alignment.scale / scale)) > math.log(MAX_SCALE_MISFIT)


def _is_seen_there(a: View, b: View, alignment: Alignment, scale: float | None) -> bool:
    """Whether a search of the whole overview, at the scale that the features tell, ends where the features say."""
    if alignment.n_inliers < _MIN_INLIERS or alignment.is_mirrored or _contradicts(alignment, scale):
        return False
    if alignment.scale < 1:
        return _is_seen_there(b, a, alignment.inverse(), scale and 1 / scale)
    sighting = find_place(a, b, alignment.scale)
    if sighting is None or not _stands_out(sighting):
        return False
    middle = complex(*b.grey.shape) / (2 * b.longest_px)
    return abs(sighting.alignment.inverse().at(middle) - alignment.inverse().at(middle)) <= _SAME_SPOT


def _kind(a: AuditedFrame, b: AuditedFrame, alignment: Alignment, region: CommonRegion, pixel_ratio: float) -> PairKind:
    smaller, larger = sorted((region.share_a, region.share_b))
    is_upright = not alignment.is_mirrored and abs(alignment.turn_deg) <= _UPRIGHT_DEG
    if smaller >= _WHOLE and not is_upright:
        return PairKind.ROTATED_OR_FLIPPED
    if smaller >= _WHOLE:
        if region.ssim >= _SAME_EXPOSURE_SSIM and _distance_of_middles(a, b, alignment) <= _SAME_PLACE:
            return PairKind.RE_ENCODED
        return PairKind.NEAR_DUPLICATE
    is_same_scale = abs(math.log(pixel_ratio)) <= math.log(_SAME_SCALE)
    if larger >= _WHOLE:
        return PairKind.CROP if is_same_scale else PairKind.CONTAINMENT
    return PairKind.SHIFTED if is_same_scale and smaller >= _MOST else PairKind.OVERLAP


def _distance_of_middles(a: AuditedFrame, b: AuditedFrame, alignment: Alignment) -> float:
    """In shares of the longest side of b."""
    return abs(alignment.at(_middle(a)) - _middle(b))


def _middle(frame: AuditedFrame) -> complex:
    return complex(frame.height_px, frame.width_px) / (2 * frame.longest_side_px)
