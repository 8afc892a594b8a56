"""The truth about the reports of one site, as ``truth.json`` holds it.

``truth.json`` is ``{"site": name, "reports": [...]}``; each report is a ``ReportTruth``. Conventions:

- Texts ending in ``_text`` stand as printed (a word broken over two lines is whole again; a FOAN printed once for
  several rows stands in each); the fields beside them are what a careful person takes them to mean. An empty text, or
  null for the load, means: the report does not say it.
- ``expect`` of an instance: ``value`` where all fields can be known; ``review`` where a correct reader must not hand
  the row on as certain, because it is wrong, contradicted or worded as the profile does not know it (``why``).
- The class ``unknown`` with ``value`` is a report that says itself that the cause is unknown.
- ``foan`` of a row whose printed FOAN cannot be repaired is empty.
- ``must_read_by`` of a page: ``text_layer`` (complete and right), ``ocr`` (no text layer, or a wrong one), ``either``
  (a scan with a right text layer behind it), ``mixed`` (the prose is text, the table is a picture).
- ``rotation_deg`` says by how much the page's content is turned clockwise from upright as a viewer shows it
  (``/Rotate`` taken into account), ``skew_deg`` the same for the small turn of a scan.
- ``box_pt`` of a figure is left, top, right, bottom in points on the page as a reader holds it, its content upright,
  origin at the top left of the visible page. On a skewed scan it is the box around the turned picture.
"""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class PageTruth:
    """How one page came onto paper."""

    page: int
    must_read_by: str
    physics: tuple[str, ...]
    """Names of the page's troubles: ``scan``, ``noise``, ``stamp``, ``bad_hidden_text``, ``scrambled_font`` ..."""
    rotation_deg: int
    skew_deg: float
    dpi: int | None
    """Of the scan; null where the page is none."""
    width_pt: float
    height_pt: float
    """Size of the page with its content upright."""


@dataclass(frozen=True, slots=True)
class InstanceTruth:
    """One fracture of a report."""

    foan: str
    serial_number: str
    instance_tag: str
    component_id: str
    defect_class: str
    sub_type: str
    fracture_load_kn: float | None
    foan_text: str
    serial_number_text: str
    instance_tag_text: str
    component_id_text: str
    defect_class_text: str
    sub_type_text: str
    fracture_load_text: str
    page: int
    expect: str
    why: str


@dataclass(frozen=True, slots=True)
class FigureTruth:
    """One embedded micrograph; ``foan`` and ``serial_number`` are what its caption states, empty if it does not."""

    page: int
    box_pt: tuple[float, float, float, float]
    caption: str
    magnification: float | None
    foan: str
    serial_number: str
    has_data_bar: bool


@dataclass(frozen=True, slots=True)
class ReportTruth:
    """One file."""

    site: str
    file: str
    family: str
    language: str
    """``en``, ``de`` or ``mixed``."""
    expect: str
    """``ok`` or ``failure``."""
    failure_reason: str
    duplicate_of: str
    """File whose bytes it repeats."""
    supersedes: str
    """File that it says it replaces."""
    report_number: str
    report_date: str
    traps: tuple[str, ...]
    """Names of the planted difficulties of its content."""
    pages: tuple[PageTruth, ...] = ()
    instances: tuple[InstanceTruth, ...] = ()
    figures: tuple[FigureTruth, ...] = field(default=())


def truth_json(site: str, reports: list[ReportTruth]) -> bytes:
    """The file ``truth.json`` of one site."""
    return (
        json.dumps({"site": site, "reports": [asdict(r) for r in reports]}, ensure_ascii=False, indent=1) + "\n"
    ).encode()
