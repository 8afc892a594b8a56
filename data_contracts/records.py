"""The frozen records that stages hand on. They hold facts and evidence, and no behaviour but derivations."""

from dataclasses import dataclass, field

from data_contracts.vocabulary import (
    DataBarKind,
    DefectClass,
    FailureReason,
    ReadingMethod,
    Stage,
    TextSource,
)


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open box: ``left <= x < right``, ``top <= y < bottom``. Pixels in images, points in PDF pages."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent along x, in the unit of the box."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent along y, in the unit of the box."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Failure:
    """One item that one stage could not process; a row of the table ``failures``, never an exception."""

    item: str
    """Path of the file, relative to the root of its archive."""
    stage: Stage
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One value read from a document, a picture, a tag or a name, with its evidence."""

    field: str
    """What was read: ``foan``, ``serial_number``, ``magnification``, ``pixel_size_nm``, ``report_date`` ..."""
    raw: str
    """As it stands in the source."""
    value: str | None
    """Normalised, as text; None if the raw text could not be understood."""
    method: ReadingMethod
    confidence: float
    """0 to 1: Tesseract's own scale for OCR, 1.0 for text layers, tags and names read without repair."""
    page: int | None = None
    """1-based page of a PDF."""
    box: Box | None = None
    """In points (PDF, origin top left) or pixels (image)."""
    note: str = ""
    """What a reviewer should know, e.g. ``repaired: O -> 0``."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a page, from a text layer or from OCR."""

    text: str
    box: Box
    """PDF points, origin top left of the upright page."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """How one page of a report was read."""

    page: int
    """1-based."""
    width_pt: float
    height_pt: float
    text_source: TextSource
    text_layer_score: float
    """0 (no usable text layer) to 1; the decision between text layer and OCR rests on it."""
    n_words: int
    mean_confidence: float | None
    """Mean word confidence, 0 to 1; None for a blank page."""
    dpi: int | None
    """Resolution at which the page was rendered for OCR; None if it was not."""
    rotation_deg: int
    """Clockwise rotation undone before OCR: 0, 90, 180 or 270."""
    skew_deg: float
    """Skew undone before OCR, in degrees."""
    text: str
    """Words in reading order, one line of the page a line."""
    problem: str = ""
    """Why the page could not be read, as ``reason: detail``; empty if it could. Other pages are read all the same."""
    decision: str = ""
    """Why its words were taken from the text layer, from OCR or from both, in a sentence."""


@dataclass(frozen=True, slots=True)
class InstanceReading:
    """One fracture instance as a report states it. Raw strings are as printed."""

    foan: str | None
    """Normalised by the site's grammar; None if nothing valid was read."""
    foan_raw: str
    serial_number: str | None
    serial_number_raw: str
    instance_tag: str
    """The site's own name of the fracture within the report (``B1``, ``2`` ...); empty if there is none."""
    component_id: str
    defect_class: DefectClass
    defect_class_raw: str
    sub_type: str
    """Normalised sub-type (``agglomerate``, ``grinding_crack`` ...); empty if none is stated."""
    sub_type_raw: str
    fracture_load_kn: float | None
    fracture_load_raw: str
    page: int
    """1-based page on which the row stands."""
    box: Box | None
    """Of the row, in points."""
    method: ReadingMethod
    confidence: float
    """Lowest confidence among the words that made the identifying fields, 0 to 1."""
    issues: tuple[str, ...] = ()
    """Why a person should look before it labels anything: ``contradicting foan ...``. Empty if clean."""
    remarks: tuple[str, ...] = ()
    """Doubts that touch neither identity nor label: ``fracture load read with low confidence ...``."""
    readings: tuple[Reading, ...] = ()
    """Each value that the report states of the instance, by column, with its own evidence."""


@dataclass(frozen=True, slots=True)
class FigureReading:
    """One picture that a report shows, and what its caption says."""

    page: int
    """1-based."""
    number: int
    """1-based, in reading order of the page."""
    box: Box
    """Where it stands on the upright page, in points."""
    width_px: int
    """Of the picture as it is stored in the report, or as it was rendered from a scan."""
    height_px: int
    """As above."""
    caption: str
    """As printed, lines joined by blanks; empty if it has none."""
    caption_box: Box | None
    """In points; None if it has no caption."""
    caption_confidence: float | None
    """Lowest confidence among the caption's words, 0 to 1; None if it has no caption."""
    magnification: float | None
    """As the caption states it; None if it states none, or several."""
    foan: str | None
    """Normalised by the site's grammar; None if the caption states none, or several."""
    serial_number: str | None
    """Normalised by the site's grammar; None if the caption states none, or several."""
    phash: str
    """Of the picture without its data bar, as the table ``fingerprints`` has it: 16 hexadecimal digits."""
    contrast: float
    """Standard deviation of the thumbnail, in grey levels."""
    thumbnail_png: bytes
    """The picture without its data bar, 8-bit grey, longest side 128 px."""


@dataclass(frozen=True, slots=True)
class ReportReading:
    """Everything one PDF says."""

    n_pages: int
    pages: tuple[PageReading, ...]
    instances: tuple[InstanceReading, ...]
    readings: tuple[Reading, ...]
    """Header facts and every identifier found on any page."""
    report_number: str
    report_date: str
    """ISO 8601 date; empty if none was found."""
    language: str
    """``en`` or ``de``, or what else the profile names; empty if undecided."""
    is_revision: bool
    """The report calls itself a revision, correction or replacement of an earlier one."""
    supersedes_raw: str
    """Number or date of the report that it says it replaces, as printed; empty if it says none."""
    figures: tuple[FigureReading, ...] = ()
    """Pictures that it shows, page by page."""


@dataclass(frozen=True, slots=True)
class MicrographReading:
    """Everything one SEM frame says: its pixels, its tags and sidecars, and its data bar. Never its name."""

    width_px: int
    height_px: int
    file_format: str
    """As Pillow names it: ``TIFF``, ``JPEG``, ``PNG`` ..."""
    colour_mode: str
    """As Pillow names it: ``L``, ``RGB``, ``I;16`` ..."""
    bit_depth: int
    """Bits per channel of the file."""
    n_frames: int
    """Pages of a multi-page file; the first is the one that is read."""
    pixel_sha256: str
    """sha256 of width, height and the 8-bit grey pixels: equal for equal pictures in different files."""
    vendor: str
    """``zeiss``, ``fei``, ``tescan``, ``hitachi``, ``jeol``, ``phenom``; empty if unknown."""
    data_bar_kind: DataBarKind
    data_bar_box: Box | None
    """Pixels; None if there is no bar."""
    crop_box: Box
    """Pixels; the largest picture without the data bar. The whole frame if there is no bar."""
    magnification: float | None
    """As printed on the frame or kept in its tag."""
    magnification_source: ReadingMethod | None
    pixel_size_nm: float | None
    pixel_size_source: ReadingMethod | None
    sharpness: float
    """Of the crop: variance of the Laplacian over that of the grey levels."""
    contrast: float
    """Of the crop: difference of the 99 % and 1 % percentiles, grey levels."""
    white_share: float
    """Share of the crop's pixels at 255."""
    black_share: float
    """Share of the crop's pixels at 0."""
    stripe_share: float
    """Share of the crop's rows that are brighter or darker as a whole than the rows around them."""
    is_blank: bool
    """The crop shows nothing."""
    phash: str | None
    """64-bit pHash of the crop, 16 hexadecimal digits, as ``FigureReading`` has it; None if the crop is empty."""
    thumbnail_png: bytes | None
    """The crop, 8-bit grey, longest side 128 px; None if the crop is empty."""
    leftover: str
    """Trace of print that an independent check found in the crop, in a few words; empty if there is none."""
    leftover_box: Box | None
    """Where, in pixels of the frame."""
    readings: tuple[Reading, ...]
    """Every value read, agreeing or not: magnification, pixel_size_nm, acquired_at, bar_text, note, file_name ..."""
    issues: tuple[str, ...] = field(default=())
    """Why a person should look: ``magnification: tag 500, data bar 5000``."""
    masks: tuple[Box, ...] = ()
    """Print inside the crop, pixels of the frame: ``data_contracts.masks`` says how it is filled."""
