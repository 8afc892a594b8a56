"""Similar pairs: candidates by perceptual hash, confirmed by SSIM. Found once; folds and rates derive from them."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from data_contracts.vocabulary import CandidateSource, PairKind
from fractocurate.leakage.candidates import find_candidates, hashes_from_hex
from fractocurate.leakage.fingerprints import Fingerprint, GreyFrame
from fractocurate.leakage.settings import CONFIRMATION_FLOOR, DEFAULT_MAX_HAMMING
from fractocurate.leakage.similarity import ssim
from fractocurate.leakage.verification import CommonField


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """Two micrographs whose hashes lie close together, and how alike they are; ``micrograph_a < micrograph_b``.

    Candidates below the floor are kept as well: the audit's "k most similar by hash" counts them, so that without
    them another k could not be derived later.
    """

    micrograph_a: str
    micrograph_b: str
    kind: PairKind
    hamming: int
    """Differing bits of the pHash, 0 to 64."""
    ssim: float
    """Of the thumbnails, -1 to 1; exactly 1 for the same pixels."""
    scale_ratio: float
    """Pixel size of b over that of a, from the widths of the field that both show: 2 if b is a half-size export."""
    source: CandidateSource = CandidateSource.PHASH
    field: CommonField | None = None
    """What the full audit verified after alignment; None if it could verify nothing."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the pair is verified after alignment, or reaches the paper's lowest threshold without it."""
        return likeness(self) >= CONFIRMATION_FLOOR


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image file as the audit needs it. Files with the same bytes share their ``micrograph_id``."""

    path: str
    micrograph_id: str
    foan: str | None
    """None if not known: such a file is the same component as no other."""
    defect_class: str
    magnification: float | None = None


@dataclass(frozen=True, slots=True)
class FilePair:
    """One pair of files, ``path_a < path_b``; the confirmed ones are the catalog's view ``pairs``."""

    path_a: str
    path_b: str
    kind: PairKind
    hamming: int
    ssim: float
    scale_ratio: float
    same_foan: bool | None
    """None if the FOAN of either is not known."""
    same_class: bool
    source: CandidateSource = CandidateSource.PHASH
    field: CommonField | None = None
    """As of ``SimilarPair``; its a and b are those of the two micrographs, not of the paths."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the pair is verified after alignment, or reaches the paper's lowest threshold without it."""
        return likeness(self) >= CONFIRMATION_FLOOR


_FOUND_UNALIGNED = (CandidateSource.PIXELS, CandidateSource.PHASH)
"""Only of these does the SSIM of whole thumbnails mean anything."""


def likeness(pair: SimilarPair | FilePair) -> float:
    """The pair's SSIM in the full audit: of the common region after alignment, or of the thumbnails if higher."""
    unaligned = pair.ssim if pair.source in _FOUND_UNALIGNED else -1.0
    return max(unaligned, pair.field.ssim) if pair.field else unaligned


def find_similar_pairs(
    fingerprints: Mapping[str, Fingerprint],
    *,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    known: Collection[str] = (),
    ssim_of: Callable[[Fingerprint, Fingerprint], float] | None = None,
) -> tuple[SimilarPair, ...]:
    """Find all pairs within a Hamming distance and measure each one's SSIM.

    Featureless frames (see ``Fingerprint.is_featureless``) are paired by equal pixels only.

    Args:
        fingerprints: by micrograph id; one for each different content, so that no pair here is of the same bytes.
        max_hamming: largest distance of the 64-bit pHashes, inclusive.
        known: ids that were compared with each other before; their mutual pairs are left out.
        ssim_of: what computes SSIM; ``ssim_of_thumbnails`` unless given.

    Returns:
        Every candidate, confirmed or not, sorted by (micrograph_a, micrograph_b); the order of the mapping is of no
        influence.

    Raises:
        BadInputError: the distance is so wide that the candidates do not fit into memory.
    """
    known_ids = set(known)
    ids = sorted(fingerprints, key=lambda micrograph_id: (micrograph_id not in known_ids, micrograph_id))
    textured = [micrograph_id for micrograph_id in ids if not fingerprints[micrograph_id].is_featureless]
    candidates = find_candidates(
        hashes_from_hex(fingerprints[micrograph_id].phash for micrograph_id in textured),
        max_hamming,
        n_known=sum(micrograph_id in known_ids for micrograph_id in textured),
    )
    found = {
        _in_order(textured[first], textured[second])
        for first, second in zip(candidates.first.tolist(), candidates.second.tolist(), strict=True)
    }
    found.update(pair for pair in _pairs_of_same_pixels(fingerprints) if not known_ids.issuperset(pair))
    return tuple(compare_thumbnails(id_a, id_b, fingerprints, ssim_of) for id_a, id_b in sorted(found))


def compare_thumbnails(
    id_a: str,
    id_b: str,
    fingerprints: Mapping[str, Fingerprint],
    ssim_of: Callable[[Fingerprint, Fingerprint], float] | None = None,
) -> SimilarPair:
    """Hash distance and SSIM of two micrographs as they are, without alignment."""
    a, b = fingerprints[id_a], fingerprints[id_b]
    same_pixels = a.pixel_sha256 == b.pixel_sha256
    return SimilarPair(
        micrograph_a=id_a,
        micrograph_b=id_b,
        kind=PairKind.SAME_PIXELS if same_pixels else PairKind.NEAR_DUPLICATE,
        hamming=(int(a.phash, 16) ^ int(b.phash, 16)).bit_count(),
        ssim=1.0 if same_pixels else (ssim_of or ssim_of_thumbnails)(a, b),
        scale_ratio=a.width_px / b.width_px,
        source=CandidateSource.PIXELS if same_pixels else CandidateSource.PHASH,
    )


def ssim_of_thumbnails(a: Fingerprint, b: Fingerprint) -> float:
    """Structural similarity of two thumbnails, -1 to 1 (scikit-image's defaults, data range 255).

    Thumbnails of different shape are both brought to the smaller height and the smaller width, so that the result
    does not depend on which comes first. Frames of clearly different shape are thereby distorted and score low.
    """
    frame_a, frame_b = a.thumbnail, b.thumbnail
    height_px, width_px = np.minimum(frame_a.shape, frame_b.shape).tolist()
    return ssim(_resized(frame_a, width_px, height_px), _resized(frame_b, width_px, height_px))


def pairs_between_files(files: Iterable[ImageFile], pairs: Iterable[SimilarPair]) -> tuple[FilePair, ...]:
    """Carry pairs of micrographs over to the files that hold them, and add the pairs of files with the same bytes.

    Returns:
        Sorted by (path_a, path_b). Pairs of micrographs that no file holds are left out.
    """
    files_of: defaultdict[str, list[ImageFile]] = defaultdict(list)
    for file in files:
        files_of[file.micrograph_id].append(file)
    between: list[FilePair] = []
    for same in files_of.values():
        between += [
            _file_pair(a, b, SimilarPair("", "", PairKind.SAME_BYTES, 0, 1.0, 1.0, CandidateSource.PIXELS))
            for a, b in itertools.combinations(same, 2)
        ]
    for pair in pairs:
        for a, b in itertools.product(files_of.get(pair.micrograph_a, ()), files_of.get(pair.micrograph_b, ())):
            between.append(_file_pair(a, b, pair))
    return tuple(sorted(between, key=lambda pair: (pair.path_a, pair.path_b)))


def _file_pair(a: ImageFile, b: ImageFile, pair: SimilarPair) -> FilePair:
    scale_ratio = pair.scale_ratio
    if a.path > b.path:
        a, b, scale_ratio = b, a, 1 / scale_ratio
    return FilePair(
        path_a=a.path,
        path_b=b.path,
        kind=pair.kind,
        hamming=pair.hamming,
        ssim=pair.ssim,
        scale_ratio=scale_ratio,
        same_foan=None if a.foan is None or b.foan is None else a.foan == b.foan,
        same_class=a.defect_class == b.defect_class,
        source=pair.source,
        field=pair.field,
    )


def _pairs_of_same_pixels(fingerprints: Mapping[str, Fingerprint]) -> Iterator[tuple[str, str]]:
    ids_of: defaultdict[str, list[str]] = defaultdict(list)
    for micrograph_id, print_of_it in fingerprints.items():
        ids_of[print_of_it.pixel_sha256].append(micrograph_id)
    for same in ids_of.values():
        yield from itertools.combinations(sorted(same), 2)


def _resized(frame: GreyFrame, width_px: int, height_px: int) -> GreyFrame:
    if frame.shape == (height_px, width_px):
        return frame
    return np.asarray(Image.fromarray(frame).resize((width_px, height_px), Image.Resampling.LANCZOS))


def _in_order(id_a: str, id_b: str) -> tuple[str, str]:
    return (id_a, id_b) if id_a < id_b else (id_b, id_a)
