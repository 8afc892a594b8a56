"""What a report says and how it was read: the end of an image's chain, and a chain of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_contracts.catalog import Catalog


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of the chain."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Name and value of each fact, in the order to be read."""


def one(catalog: Catalog, sql: str, key: object) -> Mapping[str, object]:
    """The only row of an answer."""
    return catalog.query(sql, [key]).row(0, named=True)


def text_of(value: object) -> str:
    """A value for people."""
    if value is None:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) else str(value)


def readings_link(catalog: Catalog, title: str, subject: str, subject_id: str) -> ChainLink:
    """Every value read of a subject, with its raw text, method and confidence."""
    rows = catalog.query(
        "SELECT * FROM readings WHERE subject = ? AND subject_id = ? ORDER BY number",
        [subject, subject_id],
    )
    facts = []
    for r in rows.iter_rows(named=True):
        page = f", page {r['page']}" if r["page"] is not None else ""
        note = f", {r['note']}" if r["note"] else ""
        value = "not understood" if r["value"] is None else r["value"]
        how = f"{r['method']}{page}, confidence {r['confidence']:.2f}{note}"
        facts.append((r["field"], f"{value}  <- {r['raw']!r} ({how})"))
    return ChainLink(title, tuple(facts))


def explain_instance(catalog: Catalog, instance_id: str) -> list[ChainLink]:
    """What is stated of one fracture instance, each value with its evidence, and the report or table that states it."""
    i = one(catalog, "SELECT * FROM fracture_instances WHERE instance_id = ?", instance_id)
    links = [_instance(i), readings_link(catalog, "Read from the report", "instance", instance_id)]
    if i["report_id"] is None:
        return [*links, ChainLink("Label table", (("row", text_of(i["label_source"])),))]
    report = one(catalog, "SELECT * FROM reports WHERE report_id = ?", i["report_id"])
    return [*links, _report(catalog, report, int(str(i["page"])))]


def explain_report(catalog: Catalog, path: str) -> list[ChainLink]:
    """The chain of one report file: its bytes, pages, header, instances and pictures."""
    sha256 = one(catalog, "SELECT sha256 FROM files WHERE kind = 'report' AND path = ?", path)["sha256"]
    found = catalog.query("SELECT * FROM reports WHERE sha256 = ?", [sha256])
    if found.is_empty():
        details = catalog.query("SELECT reason, detail FROM failures WHERE item = ?", [path])
        facts = tuple((str(reason), str(detail)) for reason, detail in details.iter_rows())
        unread = (("reason", "not read yet; run `fracto ingest` again"),)
        return [ChainLink("File", (("path", path), ("sha256", text_of(sha256)))), ChainLink("Failed", facts or unread)]
    report = found.row(0, named=True)
    report_id = str(report["report_id"])
    chain = [
        _report(catalog, report),
        _pages(catalog, report_id),
        readings_link(catalog, "Read from the report", "report", report_id),
    ]
    rows = catalog.query("SELECT * FROM fracture_instances WHERE report_id = ? ORDER BY page, box_top_pt", [report_id])
    for i in rows.iter_rows(named=True):
        link = _instance(i)
        values = readings_link(catalog, "", "instance", str(i["instance_id"])).facts
        chain.append(ChainLink(link.title, (*link.facts, *((f"read {name}", value) for name, value in values))))
    chain.append(_figures(catalog, report_id))
    return [link for link in chain if link.facts]


def _instance(i: Mapping[str, object]) -> ChainLink:
    load = text_of(i["fracture_load_kn"]) + (" kN" if i["fracture_load_kn"] is not None else "")
    facts = [
        ("specimen", text_of(i["specimen_uid"])),
        ("FOAN", f"{text_of(i['foan'])}  <- {i['foan_raw']!r}"),
        ("serial number", f"{text_of(i['serial_number'])}  <- {i['serial_number_raw']!r}"),
        ("label", f"{i['defect_class']}  <- {i['defect_class_raw']!r}"),
        ("sub-type", f"{i['sub_type'] or 'none'}  <- {i['sub_type_raw']!r}"),
        ("fracture load", f"{load}  <- {i['fracture_load_raw']!r}"),
        ("read by", f"{i['method']}, confidence {i['confidence']:.2f}"),
    ]
    if i["superseded_by"] is not None:
        facts.append(("superseded", "a later report replaces this row; it labels nothing"))
    for column in ("issues", "remarks", "contradictions"):
        facts += [(column.removesuffix("s"), text) for text in str(i[column]).split("; ") if text]
    return ChainLink("Fracture instance", tuple(facts))


def _report(catalog: Catalog, report: Mapping[str, object], page: int | None = None) -> ChainLink:
    facts = [("path", text_of(report["path"])), ("sha256", text_of(report["sha256"]))]
    if page is not None:
        sql = "SELECT * FROM report_pages WHERE report_id = ? AND page = ?"
        how = _how_read(catalog.query(sql, [report["report_id"], page]).row(0, named=True))
        facts += [("page", f"{page} of {report['n_pages']}"), ("words from", how)]
    facts.append(("number, date", f"{report['report_number'] or 'unknown'}, {report['report_date'] or 'unknown'}"))
    if report["supersedes_raw"] or report["is_revision"]:
        facts.append(("revision", f"replaces {report['supersedes_raw'] or 'an earlier report'}"))
    sql = (
        "SELECT DISTINCT r.path FROM fracture_instances i JOIN reports r USING (report_id) "
        "WHERE i.superseded_by = ? ORDER BY 1"
    )
    facts += [("supersedes", old) for old in catalog.query(sql, [report["report_id"]])["path"]]
    sql = (
        "SELECT DISTINCT r.path FROM fracture_instances i JOIN reports r ON r.report_id = i.superseded_by "
        "WHERE i.report_id = ? ORDER BY 1"
    )
    facts += [("superseded by", new) for new in catalog.query(sql, [report["report_id"]])["path"]]
    sql = "SELECT path FROM files WHERE kind = 'report' AND sha256 = ? AND path <> ? ORDER BY path"
    facts += [("same bytes", copy) for copy in catalog.query(sql, [report["sha256"], report["path"]])["path"]]
    return ChainLink("Report", tuple(facts))


def _pages(catalog: Catalog, report_id: str) -> ChainLink:
    rows = catalog.query("SELECT * FROM report_pages WHERE report_id = ? ORDER BY page", [report_id])
    return ChainLink("Pages", tuple((f"page {p['page']}", _how_read(p)) for p in rows.iter_rows(named=True)))


def _how_read(page: Mapping[str, object]) -> str:
    if page["problem"]:
        return f"not read: {page['problem']}"
    parts = [
        f"{page['text_source']} (text layer score {text_of(page['text_layer_score'])})",
        f"{page['n_words']} words",
    ]
    if page["dpi"] is not None:
        parts.append(f"{page['dpi']} dpi")
    if page["rotation_deg"]:
        parts.append(f"turned by {page['rotation_deg']} degrees")
    if page["skew_deg"]:
        parts.append(f"straightened by {text_of(page['skew_deg'])} degrees")
    if page["decision"]:
        parts.append(str(page["decision"]))
    return ", ".join(parts)


def _figures(catalog: Catalog, report_id: str) -> ChainLink:
    rows = catalog.query("SELECT * FROM report_figures WHERE report_id = ? ORDER BY page, number", [report_id])
    facts = []
    for f in rows.iter_rows(named=True):
        parts = [repr(f["caption"]) if f["caption"] else "no caption", f"{f['width_px']} x {f['height_px']} px"]
        if f["magnification"] is not None:
            parts.append(f"{text_of(f['magnification'])}x")
        parts += [str(f[name]) for name in ("foan", "serial_number") if f[name] is not None]
        facts.append((f"page {f['page']}, picture {f['number']}", ", ".join(parts)))
    return ChainLink("Pictures", tuple(facts))
