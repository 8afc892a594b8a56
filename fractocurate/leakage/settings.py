"""What an audit can be told, and its defaults. Imports no numerics, because the command line reads it."""

from dataclasses import dataclass

DEFAULT_N_FOLDS = 5
DEFAULT_SEED = 42
"""Both as in the paper."""

DEFAULT_MAX_HAMMING = 10
"""Of 64 bits: imagededup's default for the same hash. The audit's description gives a distance but not its value."""

PAPER_K = 5
"""Most similar training images that the paper's audit looks at; ours, because "k" is given without a value."""

CONFIRMATION_FLOOR = 0.50
"""Lowest SSIM that the audit reports (Schmid et al., Table 1). A pair below it is a candidate, never confirmed."""

HEADLINE_SSIM = 0.80
"""The threshold at which the paper states its leakage, and at which a gate looks unless told otherwise."""

DEFAULT_CLUSTER_SSIM = HEADLINE_SSIM
"""Pairs at least this alike may not be parted by the ``cluster`` strategy."""

SSIM_THRESHOLDS: tuple[float, ...] = (CONFIRMATION_FLOOR, 0.60, 0.70, HEADLINE_SSIM, 0.85, 0.90, 0.95)
"""As in the paper's Table 1."""

DEFAULT_SELF_TEST_IMAGES = 12
"""Images that the audit plants copies of, to see what it would miss. Each costs some seconds of a core."""


@dataclass(frozen=True)
class AuditSettings:
    """What the user may choose."""

    n_folds: int = DEFAULT_N_FOLDS
    seed: int = DEFAULT_SEED
    max_hamming: int = DEFAULT_MAX_HAMMING
    k: int = PAPER_K
    """Of the paper's audit; the comparison of strategies counts all pairs."""
    cluster_ssim: float = DEFAULT_CLUSTER_SSIM
    self_test_images: int = DEFAULT_SELF_TEST_IMAGES
    """0 leaves the self-test out."""
