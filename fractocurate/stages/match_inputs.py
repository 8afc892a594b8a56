"""What matching rests on, gathered from a catalog: evidence of images, instances, and a hash of it all."""

import sys
from collections import defaultdict

from data_contracts.catalog import Catalog
from data_contracts.ledger import input_hash
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.matching.evidence import ImageEvidence, Instance, ShownIn
from fractocurate.matching.names import NameParser
from fractocurate.micrographs.magnification import parse_magnification_from_name
from fractocurate.profile import Profile

MAKERS = {
    "zeiss": "zeiss",
    "tescan": "tescan",
    "jeol": "jeol",
    "hitachi": "hitachi",
    "phenom": "phenom",
    "fei": "fei",
    "thermo fisher": "fei",
    "thermofisher": "fei",
}
"""Name of a maker of microscopes in a report -> ``micrographs.vendor``."""
IDENTIFYING_FIELDS = ("bar_text", "note", "file_name", "sample")
"""Readings of a micrograph that may hold a FOAN or a serial number."""


def image_evidence(catalog: Catalog, profile: Profile) -> list[ImageEvidence]:
    """Everything that may identify each readable image file."""
    texts: dict[str, list[tuple[str, ReadingMethod]]] = defaultdict(list)
    fields = ", ".join(f"'{field}'" for field in IDENTIFYING_FIELDS)
    rows = catalog.query(
        # What a tag holds may be encoded; its value is the text. A bar is given as it was printed.
        "SELECT subject_id, CASE field WHEN 'bar_text' THEN raw ELSE coalesce(value, raw) END, method "  # noqa: S608 - constants of this module
        f"FROM readings WHERE subject = 'micrograph' AND field IN ({fields}) ORDER BY subject_id, number",
    )
    for micrograph_id, text, method in rows.iter_rows():
        texts[micrograph_id].append((text, ReadingMethod(method)))
    parser = NameParser(profile)
    files = catalog.query(
        "SELECT d.path, d.sha256, d.micrograph_id, m.magnification, m.vendor FROM dataset d "
        "JOIN micrographs m USING (micrograph_id) ORDER BY d.path"
    )
    shown = _shown_in(catalog)
    acquired, instruments = _first_readings(catalog, "acquired_at"), _first_readings(catalog, "instrument")
    return [
        ImageEvidence(
            path,
            sha256,
            parser.parse(path),
            tuple(texts[micrograph_id]),
            tuple(shown[micrograph_id]),
            acquired.get(micrograph_id),
            magnification or _named_magnification(path),
            instruments.get(micrograph_id, ""),
            sys.intern(vendor),
        )
        for path, sha256, micrograph_id, magnification, vendor in files.iter_rows()
    ]


def _first_readings(catalog: Catalog, field: str) -> dict[str, str]:
    """micrograph_id -> the first reading of a field that was understood."""
    rows = catalog.query(
        "SELECT subject_id, min_by(value, number) FROM readings "
        "WHERE subject = 'micrograph' AND field = ? AND value IS NOT NULL GROUP BY subject_id",
        [field],
    )
    return {micrograph_id: sys.intern(value) for micrograph_id, value in rows.iter_rows()}


def _named_magnification(path: str) -> float | None:
    reading = parse_magnification_from_name(path.rsplit("/", 1)[-1])
    return float(reading.value) if reading is not None and reading.value is not None else None


def _shown_in(catalog: Catalog) -> dict[str, list[ShownIn]]:
    """micrograph_id -> the pictures in reports that show it, the surest first."""
    shown: dict[str, list[ShownIn]] = defaultdict(list)
    rows = catalog.query(
        "SELECT l.micrograph_id, f.figure_id, f.report_id, f.foan, f.serial_number, "
        "  'picture ' || f.number || ' on page ' || f.page || ' of ' || r.path "
        "FROM figure_links l JOIN report_figures f USING (figure_id) JOIN reports r USING (report_id) "
        "ORDER BY l.correlation DESC, f.figure_id",
    )
    for micrograph_id, *picture in rows.iter_rows():
        shown[micrograph_id].append(ShownIn(*picture))
    return shown


def instances(catalog: Catalog) -> list[Instance]:
    """The fracture instances in force; dates are those of all reports on a FOAN, superseded ones as well."""
    rows = catalog.query(
        "WITH issued AS ("
        "  SELECT foan, min(report_date) AS first, max(report_date) AS last"
        "  FROM fracture_instances JOIN reports USING (report_id) WHERE report_date <> '' GROUP BY foan"
        ") "
        "SELECT instance_id, foan, serial_number, instance_tag, defect_class, report_id, in_review, first, last "
        "FROM fracture_instances LEFT JOIN issued USING (foan) "
        "WHERE superseded_by IS NULL AND foan IS NOT NULL ORDER BY instance_id",
    )
    makers = _makers_named(catalog)
    pictured: dict[str, list[float]] = defaultdict(list)
    captions = (
        "SELECT DISTINCT report_id, magnification FROM report_figures WHERE magnification IS NOT NULL ORDER BY ALL"
    )
    for report_id, magnification in catalog.query(captions).iter_rows():
        pictured[report_id].append(magnification)
    return [
        Instance(
            identifier, foan, serial, tag, DefectClass(defect_class), report_id, in_review,
            issued=None if first is None else (first, last), pictured=tuple(pictured.get(report_id, ())),
            maker=makers.get(report_id, ""),
        )
        for identifier, foan, serial, tag, defect_class, report_id, in_review, first, last in rows.iter_rows()
    ]  # fmt: skip


def _makers_named(catalog: Catalog) -> dict[str, str]:
    """report_id -> the one maker of microscopes that its text names."""
    rows = catalog.query(
        "SELECT report_id, list_distinct(flatten(list(regexp_extract_all(lower(text), ?)))) AS named "
        "FROM report_pages GROUP BY report_id",
        [rf"\b(?:{'|'.join(MAKERS)})\b"],
    )
    named = {report_id: {MAKERS[name] for name in names} for report_id, names in rows.iter_rows()}
    return {report_id: makers.pop() for report_id, makers in sorted(named.items()) if len(makers) == 1}


def inputs_hash(catalog: Catalog, profile: Profile, version: int) -> str:
    """Hash of all that matching rests on, its own version included: equal hash, equal outcome."""
    tables = catalog.content_hash("fracture_instances", "label_decisions", "figure_links")
    images = catalog.query(
        "SELECT d.path, d.sha256, d.micrograph_id, m.leftover, m.magnification, m.vendor "
        "FROM dataset d LEFT JOIN micrographs m USING (micrograph_id) ORDER BY d.path",
    ).write_csv()
    texts = catalog.query(
        "SELECT subject_id, field, raw, value FROM readings WHERE subject = 'micrograph' ORDER BY subject_id, number",
    ).write_csv()
    captions = catalog.query(
        "SELECT f.figure_id, r.path, f.foan, f.serial_number, f.magnification, f.caption_confidence "
        "FROM report_figures f JOIN reports r USING (report_id) ORDER BY f.figure_id"
    ).write_csv()
    dates = catalog.query("SELECT report_id, report_date FROM reports ORDER BY report_id").write_csv()
    makers = str(_makers_named(catalog))
    settings = profile.fingerprint("foan", "serial_number", "vocabulary", "matching")
    return input_hash([str(version), settings, tables, images, texts, captions, dates, makers])
