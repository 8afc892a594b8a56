"""What reading found: files, reports, micrographs, and every reading with its evidence."""

from data_contracts.tables.base import SHA256, SHORT_HASH, Table, column, fraction, one_of
from data_contracts.vocabulary import DataBarKind, DefectClass, ReadingMethod, TextSource


class Files(Table):
    """Every file found in the archive, as it was at the last ingest."""

    kind: str = column("What the file is taken for.", isin=["report", "image", "sidecar"])
    path: str = column("Relative to the root of its archive, with forward slashes, as the file system spells it.")
    sha256: str = column("Of the bytes; null if they could not be read.", str_matches=SHA256, nullable=True)
    size_bytes: int = column("Size of the file.", ge=0)
    modified_ns: int = column("Time of the last change, ns since 1970.")

    class Config:
        """Read by pandera."""

        unique = ["kind", "path"]  # noqa: RUF012 - pandera's way to name a key


class Reports(Table):
    """One row per readable PDF report; equal files are one report."""

    report_id: str = column("First 16 hex digits of the sha256.", unique=True, str_matches=SHORT_HASH)
    sha256: str = column("Of the PDF's bytes.", unique=True, str_matches=SHA256)
    path: str = column("First path, in sorted order, at which these bytes stand.")
    n_pages: int = column("Number of pages.", ge=1)
    language: str = column("`en` or `de`; empty if undecided.")
    report_number: str = column("As printed; empty if none was found.")
    report_date: str = column("ISO 8601; empty if none was found.", str_matches=r"^(\d{4}-\d{2}-\d{2})?$")
    is_revision: bool = column("The report calls itself a revision or replacement.")
    supersedes_raw: str = column("What it says it replaces, as printed; empty if it says nothing.")
    superseded_by: str = column("report_id of the later revision that replaces this report.", nullable=True)


class ReportPages(Table):
    """How each page of each report was read."""

    report_id: str = column("The report.")
    page: int = column("1-based.", ge=1)
    width_pt: float = column("Width of the page.", gt=0)
    height_pt: float = column("Height of the page.", gt=0)
    text_source: str = one_of(TextSource, "Where the words came from.")
    text_layer_score: float = fraction("Quality of the text layer on which the decision for or against OCR rests.")
    n_words: int = column("Words read.", ge=0)
    mean_confidence: float = fraction("Mean confidence of the words; null on a blank page.", nullable=True)
    dpi: int = column("Resolution at which the page was rendered for OCR; null if it was not.", gt=0, nullable=True)
    rotation_deg: int = column("Clockwise rotation undone before OCR.", isin=[0, 90, 180, 270])
    skew_deg: float = column("Skew undone before OCR.")
    text: str = column("Words in reading order.")
    problem: str = column("Why the page could not be read, `reason: detail`; empty if it was.")
    decision: str = column("Why the words were taken from the text layer, from OCR or from both.")

    class Config:
        """Read by pandera."""

        unique = ["report_id", "page"]  # noqa: RUF012 - pandera's way to name a key


class ReportFigures(Table):
    """Pictures that reports show, with their captions: evidence that no file name touches."""

    figure_id: str = column("`report_id`, page and number, joined by colons.", unique=True)
    report_id: str = column("The report.")
    page: int = column("1-based.", ge=1)
    number: int = column("1-based, in reading order of the page.", ge=1)
    box_left_pt: float = column("Box of the picture on the upright page.")
    box_top_pt: float = column("Box of the picture on the upright page.")
    box_right_pt: float = column("Box of the picture on the upright page.")
    box_bottom_pt: float = column("Box of the picture on the upright page.")
    width_px: int = column("Width of the picture as stored in the report, or as rendered from a scan.", gt=0)
    height_px: int = column("Height of the picture as stored in the report, or as rendered from a scan.", gt=0)
    caption: str = column("As printed; empty if it has none.")
    caption_box_left_pt: float = column("Box of the caption; null if it has none.", nullable=True)
    caption_box_top_pt: float = column("Box of the caption; null if it has none.", nullable=True)
    caption_box_right_pt: float = column("Box of the caption; null if it has none.", nullable=True)
    caption_box_bottom_pt: float = column("Box of the caption; null if it has none.", nullable=True)
    caption_confidence: float = fraction("Lowest confidence of its words; null if it has none.", nullable=True)
    magnification: float = column("As the caption states it; null if it states none, or several.", gt=0, nullable=True)
    foan: str = column("As the caption states it, normalised; null if it states none, or several.", nullable=True)
    serial_number: str = column(
        "As the caption states it, normalised; null if it states none, or several.", nullable=True
    )
    phash: str = column("64-bit pHash of the picture without its data bar, hexadecimal.", str_matches=SHORT_HASH)
    contrast: float = column("Standard deviation of the thumbnail, grey levels.", ge=0)
    thumbnail_png: bytes = column("Picture without its data bar, grey, longest side 128 px, PNG.")


class FractureInstances(Table):
    """One broken part in a report or in a table of labels: FOAN + serial number + cause. The unit of independence."""

    instance_id: str = column("16 hex digits made from source, FOAN, serial number and tag.", unique=True)
    report_id: str = column("The report that states it; null if it comes from a table of labels.", nullable=True)
    label_source: str = column("Table and row that state it; null if it comes from a report.", nullable=True)
    foan: str = column("Normalised by the site's grammar; null if none is known.", nullable=True)
    foan_raw: str = column("As printed.")
    serial_number: str = column("Normalised by the site's grammar; null if none is known.", nullable=True)
    serial_number_raw: str = column("As printed.")
    specimen_uid: str = column("FOAN, serial number and defect class joined (the paper's unique identifier).")
    instance_tag: str = column("The site's name of the fracture within the report; may be empty.")
    component_id: str = column("As printed; may be empty.")
    defect_class: str = one_of(DefectClass, "Cause of the fracture.")
    defect_class_raw: str = column("As printed.")
    sub_type: str = column("Normalised sub-type; empty if none is stated.")
    sub_type_raw: str = column("As printed.")
    fracture_load_kn: float = column("Fracture load.", ge=0, nullable=True)
    fracture_load_raw: str = column("As printed.")
    page: int = column("1-based page of the row; null for a table of labels.", ge=1, nullable=True)
    box_left_pt: float = column("Box of the row on its page.", nullable=True)
    box_top_pt: float = column("Box of the row on its page.", nullable=True)
    box_right_pt: float = column("Box of the row on its page.", nullable=True)
    box_bottom_pt: float = column("Box of the row on its page.", nullable=True)
    method: str = one_of(ReadingMethod, "How the row was read.")
    confidence: float = fraction("Lowest confidence among the identifying fields.")
    superseded_by: str = column("report_id of the revision that replaces it; null if in force.", nullable=True)
    in_review: bool = column("A person should look before it labels anything: there are issues or contradictions.")
    issues: str = column("What is doubtful in the row itself; empty if nothing. Sentences separated by `; `.")
    remarks: str = column("Doubts that touch neither identity nor label; empty if none. Separated by `; `.")
    contradictions: str = column("What other reports say against it; empty if nothing. Separated by `; `.")


class Micrographs(Table):
    """What each SEM frame says itself; equal files are one micrograph. Nothing here depends on a file's name."""

    micrograph_id: str = column("First 16 hex digits of the sha256.", unique=True, str_matches=SHORT_HASH)
    sha256: str = column("Of the file's bytes.", unique=True, str_matches=SHA256)
    width_px: int = column("Width of the frame.", gt=0)
    height_px: int = column("Height of the frame.", gt=0)
    file_format: str = column("As Pillow names it.")
    colour_mode: str = column("As Pillow names it.")
    bit_depth: int = column("Bits per channel.", ge=1)
    n_frames: int = column("Pages of the file; the first is read.", ge=1)
    pixel_sha256: str = column("Of size and 8-bit grey pixels: equal pictures share it.", str_matches=SHA256)
    vendor: str = column("Maker of the microscope; empty if unknown.")
    data_bar_kind: str = one_of(DataBarKind, "Where the data bar lies.")
    data_bar_left_px: int = column("Box of the data bar; null if there is none.", ge=0, nullable=True)
    data_bar_top_px: int = column("Box of the data bar; null if there is none.", ge=0, nullable=True)
    data_bar_right_px: int = column("Box of the data bar; null if there is none.", gt=0, nullable=True)
    data_bar_bottom_px: int = column("Box of the data bar; null if there is none.", gt=0, nullable=True)
    crop_left_px: int = column("Largest picture without the data bar.", ge=0)
    crop_top_px: int = column("Largest picture without the data bar.", ge=0)
    crop_right_px: int = column("Largest picture without the data bar; empty if the file is a bar alone.", ge=0)
    crop_bottom_px: int = column("Largest picture without the data bar; empty if the file is a bar alone.", ge=0)
    magnification: float = column("As printed or tagged; null if neither.", gt=0, nullable=True)
    magnification_source: str = one_of(ReadingMethod, "Where it was read.", nullable=True)
    pixel_size_nm: float = column("Physical size of a pixel of the uncropped frame.", gt=0, nullable=True)
    pixel_size_source: str = one_of(ReadingMethod, "Where it was read.", nullable=True)
    sharpness: float = column("Of the crop: variance of the Laplacian over that of the grey levels.", ge=0)
    contrast: float = column("Of the crop: 99 % less 1 % percentile, grey levels.", ge=0)
    white_share: float = fraction("Of the crop's pixels: at 255.")
    black_share: float = fraction("Of the crop's pixels: at 0.")
    stripe_share: float = fraction("Of the crop's rows: brighter or darker as a whole than those around; charging.")
    is_blank: bool = column("The crop shows nothing.")
    phash: str = column(
        "64-bit pHash of the crop, hexadecimal; null if the file is a bar alone.", str_matches=SHORT_HASH, nullable=True
    )
    thumbnail_png: bytes = column(
        "Crop, grey, longest side 128 px, PNG; null if the file is a bar alone.", nullable=True
    )
    leftover: str = column(
        "Print that an independent check found in the crop; empty if none. Such a frame is reviewed."
    )
    leftover_left_px: int = column("Box of that trace; null if there is none.", ge=0, nullable=True)
    leftover_top_px: int = column("Box of that trace; null if there is none.", ge=0, nullable=True)
    leftover_right_px: int = column("Box of that trace; null if there is none.", gt=0, nullable=True)
    leftover_bottom_px: int = column("Box of that trace; null if there is none.", gt=0, nullable=True)
    issues: str = column("Contradictions found; empty if none. Sentences separated by `; `.")


class OverlayMasks(Table):
    """Print inside the crop of a frame: too far in to be cut off cheaply. ``masks`` says how it is filled."""

    micrograph_id: str = column("The frame.", str_matches=SHORT_HASH)
    number: int = column("Running number within the frame.", ge=0)
    left_px: int = column("Box of the print with its margin, inside the crop; pixels of the frame.", ge=0)
    top_px: int = column("As above.", ge=0)
    right_px: int = column("As above.", gt=0)
    bottom_px: int = column("As above.", gt=0)

    class Config:
        """Read by pandera."""

        unique = ["micrograph_id", "number"]  # noqa: RUF012 - pandera's way to name a key


class Readings(Table):
    """Every value read anywhere, used or not, with its evidence: the ground of `fracto why`."""

    subject: str = column("What was read.", isin=["report", "instance", "micrograph", "image_file"])
    subject_id: str = column("report_id, instance_id, micrograph_id, or path of the image file.")
    number: int = column("Running number within the subject.", ge=0)
    field: str = column("What it is a reading of: `foan`, `magnification`, `pixel_size_nm`, `report_date` ...")
    raw: str = column("As it stands in the source.")
    value: str = column("Normalised; null if not understood.", nullable=True)
    method: str = one_of(ReadingMethod, "How it was read.")
    confidence: float = fraction("Confidence of the reading.")
    page: int = column("1-based page of a report.", ge=1, nullable=True)
    box_left: float = column("Points (report) or pixels (micrograph).", nullable=True)
    box_top: float = column("Points (report) or pixels (micrograph).", nullable=True)
    box_right: float = column("Points (report) or pixels (micrograph).", nullable=True)
    box_bottom: float = column("Points (report) or pixels (micrograph).", nullable=True)
    note: str = column("What a reviewer should know.")

    class Config:
        """Read by pandera."""

        unique = ["subject", "subject_id", "number"]  # noqa: RUF012 - pandera's way to name a key
