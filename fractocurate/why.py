"""The chain from an image's bytes to its label and fold, as the catalog holds it."""

import json
from collections.abc import Mapping, Sequence

from data_contracts.catalog import Catalog
from data_contracts.finding import find_file
from data_contracts.masks import MaskBox, read_masks
from data_contracts.tables.links import ANSWER
from fractocurate.why_report import ChainLink, explain_instance, one, readings_link, text_of

_SHOWN_CANDIDATES = 5


def find_image(catalog: Catalog, wanted: str) -> str:
    """The catalog's path of an image given by its path, the end of its path, or any telling part of it.

    Raises:
        BadInputError: there is none, or more than one.
    """
    return find_file(catalog, wanted, "image")


def find_report(catalog: Catalog, wanted: str) -> str:
    """The same for a report.

    Raises:
        BadInputError: there is none, or more than one.
    """
    return find_file(catalog, wanted, "report")


def explain(catalog: Catalog, path: str) -> list[ChainLink]:
    """The chain of one image file, from its bytes to its folds."""
    row = one(catalog, "SELECT * FROM dataset WHERE path = ?", path)
    chain = [_bytes(catalog, path, row)]
    micrograph_id = row["micrograph_id"]
    if micrograph_id is None:
        chain.append(ChainLink("Failed", (("reason", text_of(row["reason"])), ("detail", _failure(catalog, path)))))
        return chain
    frame = one(catalog, "SELECT * FROM micrographs WHERE micrograph_id = ?", micrograph_id)
    chain += [
        _frame(frame, read_masks(catalog).get(str(frame["micrograph_id"]), ())),
        readings_link(catalog, "Read from the frame", "micrograph", str(micrograph_id)),
        readings_link(catalog, "Read from the name", "image_file", path),
        _candidates(catalog, path),
        _decision(catalog, path, row),
    ]
    if row["instance_id"] is not None:
        chain += explain_instance(catalog, str(row["instance_id"]))
    chain += [*_human_decisions(catalog, str(row["sha256"])), *_folds(catalog, path), *_predictions(catalog, path)]
    sha256 = str(row["sha256"])
    chain += [_doubted(catalog, sha256), _attributions(catalog, path), _experts(catalog, sha256)]
    return [link for link in chain if link.facts]


def _bytes(catalog: Catalog, path: str, row: Mapping[str, object]) -> ChainLink:
    file = one(catalog, "SELECT * FROM files WHERE kind = 'image' AND path = ?", path)
    copies = catalog.query(
        "SELECT path FROM files WHERE kind = 'image' AND sha256 = ? AND path <> ? ORDER BY path",
        [row["sha256"], path],
    )["path"]
    facts = [("path", path), ("size", f"{file['size_bytes']} bytes"), ("sha256", text_of(row["sha256"]))]
    facts += [("same bytes", copy) for copy in copies]
    return ChainLink("File", tuple(facts))


def _failure(catalog: Catalog, path: str) -> str:
    found = catalog.query("SELECT detail FROM failures WHERE item = ?", [path])["detail"]
    return "; ".join(found) or "the folder changed since the last ingest; run `fracto ingest` again"


def _frame(frame: Mapping[str, object], masks: Sequence[MaskBox]) -> ChainLink:
    crop = [frame[f"crop_{side}_px"] for side in ("left", "top", "right", "bottom")]
    bar = [frame[f"data_bar_{side}_px"] for side in ("left", "top", "right", "bottom")]
    facts = [
        ("picture", f"{frame['width_px']} x {frame['height_px']} px, {frame['file_format']} {frame['colour_mode']}"),
        ("vendor", text_of(frame["vendor"] or None)),
        ("data bar", f"{frame['data_bar_kind']}" + (f", box {bar}" if bar[0] is not None else "")),
        ("crop", f"box {crop}"),
        ("magnification", _with_source(frame, "magnification")),
        ("pixel size", _with_source(frame, "pixel_size_nm", " nm")),
    ]
    facts += [("masked", f"print inside the crop, box {list(mask)}") for mask in masks]
    if frame["leftover"]:
        place = [frame[f"leftover_{side}_px"] for side in ("left", "top", "right", "bottom")]
        facts.append(("print left", f"{frame['leftover']}, box {place}"))
    facts.append(("quality", _quality(frame)))
    facts += [("issue", issue) for issue in str(frame["issues"]).split("; ") if issue]
    return ChainLink("Frame", tuple(facts))


def _quality(frame: Mapping[str, object]) -> str:
    shares = ", ".join(f"{frame[f'{name}_share']:.1%} {name}" for name in ("white", "black", "stripe"))
    blank = "; blank" if frame["is_blank"] else ""
    return f"sharpness {frame['sharpness']}, contrast {frame['contrast']:g} grey levels, {shares}{blank}"


def _with_source(row: Mapping[str, object], name: str, unit: str = "") -> str:
    if row[name] is None:
        return "unknown"
    return f"{text_of(row[name])}{unit} ({row[name.replace('_nm', '') + '_source']})"


def _candidates(catalog: Catalog, path: str) -> ChainLink:
    rows = catalog.query(
        "SELECT c.*, i.serial_number, i.instance_tag FROM match_candidates c "
        "JOIN fracture_instances i USING (instance_id) WHERE c.path = ? ORDER BY rank",
        [path],
    )
    facts = []
    for c in rows.head(_SHOWN_CANDIDATES).iter_rows(named=True):
        parts = [f"{text_of(c['foan'])} / {text_of(c['serial_number'])}"]
        if c["foan_source"] is not None:
            parts.append(f"similarity {c['similarity']:.3f} from {c['foan_source']}")
        parts.append(f"serial {c['serial_evidence']}, tag {c['tag_evidence']}, pictures {c['picture_evidence']}")
        if c["company"] > 0:
            parts.append(f"{c['company']:.0%} of the images around it show this part")
        parts.append("accepted" if c["accepted"] else f"not accepted{': ' + c['guard'] if c['guard'] else ''}")
        facts.append((f"candidate {c['rank']}", "; ".join(parts)))
    if rows.height > _SHOWN_CANDIDATES:
        facts.append(("and", f"{rows.height - _SHOWN_CANDIDATES} more"))
    return ChainLink("Candidates", tuple(facts))


def _decision(catalog: Catalog, path: str, row: Mapping[str, object]) -> ChainLink:
    matches = catalog.query("SELECT * FROM matches WHERE path = ?", [path])
    facts = [("status", text_of(row["status"]))]
    if matches.is_empty():
        return ChainLink(
            "Match", (*facts, ("reason", "the last ingest ended before matching; run `fracto ingest` again"))
        )
    match = matches.row(0, named=True)
    facts += [(name, text_of(match[name])) for name in ("reason", "method", "rule", "guard", "evidence") if match[name]]
    facts += [
        (name, text_of(match[name])) for name in ("similarity", "runner_up_similarity") if match[name] is not None
    ]
    return ChainLink("Match", tuple(facts))


def _human_decisions(catalog: Catalog, sha256: str) -> list[ChainLink]:
    rows = catalog.query("SELECT * FROM label_decisions WHERE sha256 = ? ORDER BY decision_id", [sha256])
    facts = tuple(
        (d["decided_at"], f"{' '.join(filter(None, said))} by {d['reviewer']}: {d['note']}")
        for d in rows.iter_rows(named=True)
        for said in [(d["action"], d["foan"], d["serial_number"])]
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


def _doubted(catalog: Catalog, sha256: str) -> ChainLink:
    rows = catalog.query("SELECT * FROM label_issues WHERE sha256 = ? ORDER BY run_id, path", [sha256])
    facts = tuple(
        (
            x["run_id"],
            (
                f"doubts {x['given_class']} ({x['given_probability']:.2f}), suggests {x['suggested_class']} "
                f"({x['suggested_probability']:.2f}); suspicion {x['rank']} of the run"
            ),
        )
        for x in rows.iter_rows(named=True)
    )
    return ChainLink("Label doubted by a model", facts)


def _attributions(catalog: Catalog, path: str) -> ChainLink:
    """Method, file, and what the latest test of such heat-maps found."""
    rows = catalog.query("SELECT * FROM attributions WHERE path = ? ORDER BY run_id, method, target_class", [path])
    if rows.is_empty():
        return ChainLink("Heat-maps", ())
    tests = catalog.query(
        "SELECT settings, summary FROM runs WHERE command = 'explain --test' ORDER BY started_at, run_id"
    )
    verdict = {
        (json.loads(settings)["run_id"], method): said["belief"]
        for settings, summary in tests.iter_rows()
        for method, said in json.loads(summary).get("verdicts", {}).items()
    }
    facts = tuple(
        (
            f"{a['run_id']} {a['method']}",
            (
                f"for {a['target_class']} ({a['target_probability']:.2f}), answer {a['predicted_class']}"
                f"{', trained on it' if a['trained_on'] else ''}; "
                f"{verdict.get((a['run_id'], a['method']), 'not tested')}; {a['map_path']}"
            ),
        )
        for a in rows.iter_rows(named=True)
    )
    return ChainLink("Heat-maps", facts)


def _experts(catalog: Catalog, sha256: str) -> ChainLink:
    """Every answer, in the order given: of a rater who changed his mind the last one holds."""
    rows = catalog.query(
        "SELECT * FROM decisions WHERE sha256 = ? AND action = ? ORDER BY decision_id", [sha256, ANSWER]
    )
    facts = tuple(
        (
            a["decided_at"],
            f"{a['run_id']} {a['method']}: {text_of(a['question'])}? {a['answer']}, by {a['reviewer']}"
            + (f": {a['note']}" if a["note"] else ""),
        )
        for a in rows.iter_rows(named=True)
    )
    return ChainLink("Experts on its heat-maps", facts)
