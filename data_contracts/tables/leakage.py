"""What resembles what, the folds, and how much leaks between them."""

from data_contracts.tables.base import SHA256, SHORT_HASH, Table, column, fraction, one_of
from data_contracts.vocabulary import AuditKind, CandidateSource, PairKind, SplitStrategy


class Fingerprints(Table):
    """Perceptual hash and thumbnail of each cropped micrograph."""

    micrograph_id: str = column("The micrograph.", unique=True)
    phash: str = column("64-bit pHash of the cropped frame, hexadecimal.", str_matches=SHORT_HASH)
    pixel_sha256: str = column("Of the cropped frame's size and grey levels.", str_matches=SHA256)
    width_px: int = column("Width of the cropped frame.", gt=0)
    height_px: int = column("Height of the cropped frame.", gt=0)
    contrast: float = column("Standard deviation of the thumbnail, grey levels.", ge=0)
    thumbnail_png: bytes = column("Cropped frame, grey, longest side 128 px, PNG.")
    whole_phash: str = column("pHash of the frame with its data bar; null without a bar.", nullable=True)
    whole_thumbnail_png: bytes = column("Thumbnail of the frame with its data bar; null without one.", nullable=True)


class FrameFeatures(Table):
    """Local features of each cropped micrograph: what crops, zooms and overlaps are found by."""

    micrograph_id: str = column("The micrograph.", unique=True)
    n_features: int = column("Number of features.", ge=0)
    features: bytes = column(
        "33 bytes each: row, column, size, angle (float32), 128 bits of SIFT, bits in which one like it may differ."
    )
    view_jpeg: bytes = column("Cropped frame, grey, longest side 512 px, JPEG.")


class SimilarPairs(Table):
    """Pairs of micrographs that were compared by SSIM, found once for every fold, strategy and threshold."""

    micrograph_a: str = column("The smaller id.")
    micrograph_b: str = column("The larger id.")
    kind: str = one_of(PairKind, "How the two relate.")
    hamming: int = column("Distance of the perceptual hashes, bits.", ge=0)
    ssim: float = column("Structural similarity of the thumbnails.", ge=-1.0, le=1.0)
    scale_ratio: float = column("Pixel size of b over that of a, from the field that both show.", gt=0, nullable=True)
    confirmed: bool = column("Verified after alignment, or SSIM of the thumbnails of 0.5: appears in the view `pairs`.")
    source: str = one_of(CandidateSource, "What proposed the pair; null if an older Fracto found it.", nullable=True)
    field_ssim: float = column("SSIM of the common region after alignment.", ge=-1.0, le=1.0, nullable=True)
    n_inliers: int = column("Local features that agree on the alignment.", ge=0, nullable=True)
    share_a: float = fraction("Part of a that b shows, too.", nullable=True)
    share_b: float = fraction("Part of b that a shows, too.", nullable=True)
    is_mirrored: bool = column("The alignment mirrors.", nullable=True)
    factor_re: float = column("z_b = factor * z_a + offset, z = row + i column in longest sides.", nullable=True)
    factor_im: float = column("Imaginary part of the factor.", nullable=True)
    offset_re: float = column("Real part of the offset: rows.", nullable=True)
    offset_im: float = column("Imaginary part of the offset: columns.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["micrograph_a", "micrograph_b"]  # noqa: RUF012 - pandera's way to name a key


class Folds(Table):
    """The folds of each split; one split per strategy, number of folds and seed."""

    split_id: str = column("16 hex digits made from strategy, settings and assignment.", str_matches=SHORT_HASH)
    split_strategy: str = one_of(SplitStrategy, "What may not straddle two folds.", alias="strategy")
    n_folds: int = column("Number of folds.", ge=2)
    seed: int = column("Seed of the assignment.", ge=0)
    path: str = column("The image file.")
    group_id: str = column("What stays together: the image, its FOAN, or its cluster.")
    fold: int = column("0-based.", ge=0)

    class Config:
        """Read by pandera."""

        unique = ["split_id", "path"]  # noqa: RUF012 - pandera's way to name a key


class Leakage(Table):
    """Share of validation images with a similar one in the training folds: the paper's Table 1, and the full audit."""

    split_id: str = column("The split.")
    split_strategy: str = one_of(SplitStrategy, "Its strategy.", alias="strategy")
    fold: int = column("0-based; -1 for all folds together.", ge=-1)
    ssim_threshold: float = fraction("A pair counts from this SSIM on.")
    n_validation: int = column("Validation images.", ge=0)
    n_leaking: int = column("Those with at least one near-duplicate in training.", ge=0)
    share: float = fraction("n_leaking / n_validation.")
    share_low: float = fraction("Lower end of the 95 % Wilson interval.")
    share_high: float = fraction("Upper end of the 95 % Wilson interval.")
    max_hamming: int = column("Candidates within this pHash distance were compared.", ge=0)
    k: int = column("At most this many nearest candidates per image; null for all.", ge=1, nullable=True)
    scope: str = column("Pairs that count.", isin=["all", "same_foan", "cross_foan"])
    audit: str = one_of(AuditKind, "What the rate rests on; null if an older Fracto wrote it.", nullable=True)
    subset_by: str = column("`all`, or the column of `dataset` by which the images were chosen.", nullable=True)
    subset: str = column("Value of that column; null for all images.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["split_id", "audit", "fold", "ssim_threshold", "k", "scope", "subset_by", "subset"]  # noqa: RUF012 - pandera's way to name a key


class SelfTest(Table):
    """How many pairs planted in the archive's own images the audit found, and how many strangers it took for one."""

    planted_kind: str = column(
        "What was done to the copy; with `_same_foan` it was filed under its original's FOAN, else under none; "
        "`strangers` counts false positives.",
        unique=True,
    )
    n_planted: int = column("Pairs planted, or pairs of strangers compared.", ge=0)
    n_found: int = column("Those that were confirmed.", ge=0)
    share: float = fraction("n_found / n_planted.")
    share_low: float = fraction("Lower end of the 95 % Wilson interval.")
    share_high: float = fraction("Upper end of the 95 % Wilson interval.")
    n_found_by_paper: int = column("Of these, those that pHash and SSIM of 0.8 find without alignment.", ge=0)
