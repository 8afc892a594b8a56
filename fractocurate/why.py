"""The chain from an image's bytes to its label and fold, as the catalog holds it."""

import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError

_SHOWN_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of the chain."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Name and value of each fact, in the order to be read."""


def find_image(catalog: Catalog, wanted: str) -> str:
    """The catalog's path of an image given by its path, the end of its path, or any telling part of it.

    Raises:
        BadInputError: there is none, or more than one.
    """
    paths = list(catalog.query("SELECT path FROM files WHERE kind = 'image' ORDER BY path")["path"])
    normal = {path: unicodedata.normalize("NFC", path) for path in paths}
    key = unicodedata.normalize("NFC", PurePosixPath(wanted).as_posix()).strip("/")
    below_root = {unicodedata.normalize("NFC", p) for p in _below(catalog.meta("images_root") or "", wanted)}
    found = (
        [p for p in paths if p == wanted]
        or [p for p in paths if normal[p] in below_root]
        or [p for p in paths if normal[p] == key]
        or [p for p in paths if f"/{normal[p]}".endswith(f"/{key}")]
        or [p for p in paths if key.casefold() in normal[p].casefold()]
    )
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise BadInputError(f"{wanted}: no such image in {catalog.path}; `fracto status` counts what is there")
    listed = "\n".join(f"  {path}" for path in found[:20])
    raise BadInputError(f"{wanted}: {len(found)} images have this in their path; give more of it:\n{listed}")


def _below(root: str, wanted: str) -> Iterator[str]:
    """The path relative to the root of the images, as written and with links followed, if it lies there."""
    if root and "\0" not in wanted:
        for path in (Path(os.path.abspath(wanted)), Path(wanted).resolve()):  # noqa: PTH100 - links are kept at first
            if path.is_relative_to(root):
                yield path.relative_to(root).as_posix()


def explain(catalog: Catalog, path: str) -> list[ChainLink]:
    """The chain of one image file, from its bytes to its folds."""
    row = _one(catalog, "SELECT * FROM dataset WHERE path = ?", path)
    chain = [_bytes(catalog, path, row)]
    micrograph_id = row["micrograph_id"]
    if micrograph_id is None:
        chain.append(ChainLink("Failed", (("reason", _text(row["reason"])), ("detail", _failure(catalog, path)))))
        return chain
    frame = _one(catalog, "SELECT * FROM micrographs WHERE micrograph_id = ?", micrograph_id)
    chain += [
        _frame(frame),
        _readings(catalog, "Read from the frame", "micrograph", str(micrograph_id)),
        _readings(catalog, "Read from the name", "image_file", path),
        _candidates(catalog, path),
        _decision(catalog, path, row),
    ]
    if row["instance_id"] is not None:
        chain += _instance(catalog, str(row["instance_id"]))
    chain += [*_human_decisions(catalog, str(row["sha256"])), *_folds(catalog, path), *_predictions(catalog, path)]
    return [link for link in chain if link.facts]


def _one(catalog: Catalog, sql: str, key: object) -> Mapping[str, object]:
    return catalog.query(sql, [key]).row(0, named=True)


def _text(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bytes(catalog: Catalog, path: str, row: Mapping[str, object]) -> ChainLink:
    file = _one(catalog, "SELECT * FROM files WHERE kind = 'image' AND path = ?", path)
    copies = catalog.query(
        "SELECT path FROM files WHERE kind = 'image' AND sha256 = ? AND path <> ? ORDER BY path",
        [row["sha256"], path],
    )["path"]
    facts = [("path", path), ("size", f"{file['size_bytes']} bytes"), ("sha256", _text(row["sha256"]))]
    facts += [("same bytes", copy) for copy in copies]
    return ChainLink("File", tuple(facts))


def _failure(catalog: Catalog, path: str) -> str:
    found = catalog.query("SELECT detail FROM failures WHERE item = ?", [path])["detail"]
    return "; ".join(found) or "the folder changed since the last ingest; run `fracto ingest` again"


def _frame(frame: Mapping[str, object]) -> ChainLink:
    crop = [frame[f"crop_{side}_px"] for side in ("left", "top", "right", "bottom")]
    bar = [frame[f"data_bar_{side}_px"] for side in ("left", "top", "right", "bottom")]
    facts = [
        ("picture", f"{frame['width_px']} x {frame['height_px']} px, {frame['file_format']} {frame['colour_mode']}"),
        ("vendor", _text(frame["vendor"] or None)),
        ("data bar", f"{frame['data_bar_kind']}" + (f", box {bar}" if bar[0] is not None else "")),
        ("crop", f"box {crop}"),
        ("magnification", _with_source(frame, "magnification")),
        ("pixel size", _with_source(frame, "pixel_size_nm", " nm")),
    ]
    facts += [("issue", issue) for issue in str(frame["issues"]).split("; ") if issue]
    return ChainLink("Frame", tuple(facts))


def _with_source(row: Mapping[str, object], name: str, unit: str = "") -> str:
    if row[name] is None:
        return "unknown"
    return f"{_text(row[name])}{unit} ({row[name.replace('_nm', '') + '_source']})"


def _readings(catalog: Catalog, title: str, subject: str, subject_id: str) -> ChainLink:
    rows = catalog.query(
        "SELECT * FROM readings WHERE subject = ? AND subject_id = ? ORDER BY number",
        [subject, subject_id],
    )
    facts = []
    for r in rows.iter_rows(named=True):
        note = f", {r['note']}" if r["note"] else ""
        value = "not understood" if r["value"] is None else r["value"]
        facts.append((r["field"], f"{value}  <- {r['raw']!r} ({r['method']}, confidence {r['confidence']:.2f}{note})"))
    return ChainLink(title, tuple(facts))


def _candidates(catalog: Catalog, path: str) -> ChainLink:
    rows = catalog.query(
        "SELECT c.*, i.serial_number, i.instance_tag FROM match_candidates c "
        "JOIN fracture_instances i USING (instance_id) WHERE c.path = ? ORDER BY rank",
        [path],
    )
    facts = []
    for c in rows.head(_SHOWN_CANDIDATES).iter_rows(named=True):
        parts = [f"{_text(c['foan'])} / {_text(c['serial_number'])}"]
        if c["foan_source"] is not None:
            parts.append(f"similarity {c['similarity']:.3f} from {c['foan_source']}")
        parts.append(f"serial {c['serial_evidence']}, tag {c['tag_evidence']}")
        parts.append("accepted" if c["accepted"] else f"not accepted{': ' + c['guard'] if c['guard'] else ''}")
        facts.append((f"candidate {c['rank']}", "; ".join(parts)))
    if rows.height > _SHOWN_CANDIDATES:
        facts.append(("and", f"{rows.height - _SHOWN_CANDIDATES} more"))
    return ChainLink("Candidates", tuple(facts))


def _decision(catalog: Catalog, path: str, row: Mapping[str, object]) -> ChainLink:
    matches = catalog.query("SELECT * FROM matches WHERE path = ?", [path])
    facts = [("status", _text(row["status"]))]
    if matches.is_empty():
        return ChainLink(
            "Match", (*facts, ("reason", "the last ingest ended before matching; run `fracto ingest` again"))
        )
    match = matches.row(0, named=True)
    facts += [(name, _text(match[name])) for name in ("reason", "method", "rule", "guard", "evidence") if match[name]]
    facts += [(name, _text(match[name])) for name in ("similarity", "runner_up_similarity") if match[name] is not None]
    return ChainLink("Match", tuple(facts))


def _instance(catalog: Catalog, instance_id: str) -> list[ChainLink]:
    i = _one(catalog, "SELECT * FROM fracture_instances WHERE instance_id = ?", instance_id)
    load = _text(i["fracture_load_kn"]) + (" kN" if i["fracture_load_kn"] is not None else "")
    facts = [
        ("specimen", _text(i["specimen_uid"])),
        ("FOAN", f"{_text(i['foan'])}  <- {i['foan_raw']!r}"),
        ("serial number", f"{_text(i['serial_number'])}  <- {i['serial_number_raw']!r}"),
        ("label", f"{i['defect_class']}  <- {i['defect_class_raw']!r}"),
        ("sub-type", f"{i['sub_type'] or 'none'}  <- {i['sub_type_raw']!r}"),
        ("fracture load", f"{load}  <- {i['fracture_load_raw']!r}"),
        ("read by", f"{i['method']}, confidence {i['confidence']:.2f}"),
    ]
    for column in ("issues", "remarks", "contradictions"):
        facts += [(column.removesuffix("s"), text) for text in str(i[column]).split("; ") if text]
    links = [ChainLink("Fracture instance", tuple(facts))]
    if i["report_id"] is None:
        return [*links, ChainLink("Label table", (("row", _text(i["label_source"])),))]
    report = _one(catalog, "SELECT * FROM reports WHERE report_id = ?", i["report_id"])
    box = [
        round(float(str(i[f"box_{s}_pt"]))) for s in ("left", "top", "right", "bottom") if i[f"box_{s}_pt"] is not None
    ]
    sql = "SELECT p.* FROM report_pages p JOIN fracture_instances USING (report_id, page) WHERE instance_id = ?"
    page = _one(catalog, sql, instance_id)
    facts = [
        ("path", _text(report["path"])),
        ("sha256", _text(report["sha256"])),
        ("page", f"{i['page']} of {report['n_pages']}" + (f", box {box} pt" if box else "")),
        ("words from", f"{page['text_source']} (text layer score {_text(page['text_layer_score'])})"),
        ("number, date", f"{report['report_number'] or 'unknown'}, {report['report_date'] or 'unknown'}"),
    ]
    if report["supersedes_raw"] or report["is_revision"]:
        facts.append(("revision", f"replaces {report['supersedes_raw'] or 'an earlier report'}"))
    earlier = catalog.query("SELECT path FROM reports WHERE superseded_by = ? ORDER BY path", [i["report_id"]])["path"]
    facts += [("supersedes", old) for old in earlier]
    copies = catalog.query(
        "SELECT path FROM files WHERE kind = 'report' AND sha256 = ? AND path <> ? ORDER BY path",
        [report["sha256"], report["path"]],
    )["path"]
    facts += [("same bytes", copy) for copy in copies]
    return [*links, ChainLink("Report", tuple(facts))]


def _human_decisions(catalog: Catalog, sha256: str) -> list[ChainLink]:
    rows = catalog.query("SELECT * FROM decisions WHERE sha256 = ? ORDER BY decision_id", [sha256])
    facts = tuple(
        (d["decided_at"], f"{d['action']} {d['foan'] or ''} {d['serial_number'] or ''} by {d['reviewer']}: {d['note']}")
        for d in rows.iter_rows(named=True)
    )
    return [ChainLink("Decided by people", facts)]


def _folds(catalog: Catalog, path: str) -> list[ChainLink]:
    rows = catalog.query("SELECT * FROM folds WHERE path = ? ORDER BY strategy, n_folds, seed", [path])
    facts = tuple(
        (f["strategy"], f"fold {f['fold']} of {f['n_folds']} (seed {f['seed']}, group {f['group_id']})")
        for f in rows.iter_rows(named=True)
    )
    return [ChainLink("Folds", facts)]


def _predictions(catalog: Catalog, path: str) -> list[ChainLink]:
    rows = catalog.query("SELECT * FROM predictions WHERE path = ? ORDER BY run_id", [path])
    facts = tuple(
        (p["run_id"], f"{p['predicted_class']} out of fold {p['fold']} (label {p['true_class']})")
        for p in rows.iter_rows(named=True)
    )
    return [ChainLink("Predictions", facts)]
