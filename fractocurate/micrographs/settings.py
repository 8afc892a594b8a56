"""Settings of the micrographs stage; part of its fingerprint, so that changing one re-reads the frames."""

from pydantic import BaseModel, ConfigDict, Field

from data_contracts.pixels import DEFAULT_MAX_PIXELS
from fractocurate.profile import Profile


class MicrographSettings(BaseModel):
    """How micrographs are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ocr_languages: str = "eng"
    """Tesseract languages, joined by ``+``. Data bars hold abbreviations and numbers in Latin letters; a second
    language doubles the time and adds little, but sites with umlauts in their notes may want ``eng+deu``."""
    ocr_timeout_s: float = Field(default=30.0, gt=0)
    """Longest time for one call of Tesseract."""
    use_ocr: bool = True
    """Whether printed text is read at all; tags and sidecars are read in any case."""
    max_pixels: int = Field(default=DEFAULT_MAX_PIXELS, gt=0)
    """Larger pictures are refused as decompression bombs, from their header."""
    magnification_tolerance: float = Field(default=0.01, gt=0, lt=1)
    """Relative difference up to which two magnifications are the same: bars print three digits."""
    nominal_magnifications: tuple[float, ...] = ()
    """Steps of the site to which a magnification is snapped; none unless the profile asks."""
    nominal_tolerance: float = Field(default=0.06, gt=0, lt=0.2)
    """Largest relative distance from a step that is snapped: 51 or 53 for 50, never 60 for 50 or 100 for 96 of another
    series."""
    pixel_size_tolerance: float = Field(default=0.05, gt=0, lt=1)
    """Relative difference up to which two pixel sizes agree; short scale bars get one pixel more."""
    least_ocr_confidence: float = Field(default=0.5, ge=0, le=1)
    """Printed values below this confidence are kept as readings but never chosen."""


def micrograph_settings(profile: Profile) -> MicrographSettings:
    """What a site's profile says about its frames."""
    return MicrographSettings(
        ocr_languages="+".join(profile.ocr.data_bar_languages),
        max_pixels=round(profile.max_megapixels * 1e6),
        nominal_magnifications=profile.nominal_magnifications,
        ocr_timeout_s=profile.ocr.timeout_s,
    )
