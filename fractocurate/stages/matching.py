"""Names and pictures x instances -> matches: all that identifies an image is gathered and decided anew.

Matching is cheap beside reading, and one new report may change the decision on any image; so it is never done in
parts. It is skipped when nothing that it rests on has changed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.ledger import input_hash
from data_contracts.records import Reading
from data_contracts.vocabulary import DefectClass, MatchMethod, MatchReason, MatchStatus, ReadingMethod
from fractocurate.matching.evidence import Candidate, Decision, ImageEvidence, Instance, ShownIn
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser, TextReading
from fractocurate.micrographs.magnification import parse_magnification_from_name
from fractocurate.profile import Profile
from fractocurate.progress import Progress
from fractocurate.stages.captions import CaptionFinding, magnifications_by_caption
from fractocurate.stages.rows import Row, reading_rows

MATCHING_VERSION = 5

IDENTIFYING_FIELDS = ("bar_text", "note", "file_name", "sample")
"""Readings of a micrograph that may hold a FOAN or a serial number."""


def match_images(catalog: Catalog, profile: Profile, progress: Progress) -> None:
    """Bring ``matches``, ``match_candidates`` and the readings of names up to date."""
    inputs = _inputs_hash(catalog, profile)
    if catalog.meta("matching_inputs") == inputs:
        return
    images = image_evidence(catalog, profile)
    progress.start("matching", len(images))
    outcome = decide(images, instances(catalog), profile)
    micrograph_of = dict(catalog.query("SELECT path, micrograph_id FROM dataset").iter_rows())
    captions = magnifications_by_caption(catalog)
    decisions = [_with_doubts(d, captions.get(d.path)) for d in settled(catalog, outcome.decisions)]
    linked = {(d.path, d.instance_id) for d in decisions}
    readings = [
        row
        for image in images
        for row in reading_rows("image_file", image.path, _readings_of(image, captions.get(image.path)))
    ]
    with catalog.transaction():
        catalog.replace("readings", readings, subject="image_file")
        catalog.replace("match_candidates", [_candidate_row(c, linked) for c in outcome.candidates])
        catalog.replace("matches", [match_row(d, micrograph_of[d.path]) for d in decisions])
        catalog.set_meta("matching_inputs", inputs)
    progress.advance(len(images))


def settled(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """What no rule may overrule: the decisions of people, and that a file without a picture labels nothing."""
    empty = catalog.query(
        "SELECT path FROM dataset WHERE crop_right_px <= crop_left_px OR crop_bottom_px <= crop_top_px",
    )
    bare = set(empty["path"])
    return [
        _overruled(d, MatchStatus.UNMATCHED, MatchReason.NO_PICTURE, None, d.foan, "the file is a data bar alone")
        if d.path in bare
        else d
        for d in _with_human_decisions(catalog, _without_print_left(catalog, decisions))
    ]


def _without_print_left(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """A frame in whose crop print was found labels nothing until a person has looked."""
    left = dict(
        catalog.query(
            "SELECT d.path, m.leftover FROM dataset d JOIN micrographs m USING (micrograph_id) WHERE m.leftover <> ''"
        ).iter_rows()
    )
    return [
        replace(
            d,
            status=MatchStatus.REVIEW,
            reason=MatchReason.PRINT_LEFT,
            instance_id=None,
            method=None,
            evidence=f"the crop may still hold print: {left[d.path]}; it would be linked: {d.evidence}",
        )
        if d.path in left and d.status is MatchStatus.MATCHED
        else d
        for d in decisions
    ]


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
        "SELECT d.path, d.sha256, d.micrograph_id, m.magnification FROM dataset d "
        "JOIN micrographs m USING (micrograph_id) ORDER BY d.path"
    )
    shown = _shown_in(catalog)
    acquired = dict(
        catalog.query(
            "SELECT subject_id, min_by(value, number) FROM readings "
            "WHERE subject = 'micrograph' AND field = 'acquired_at' AND value IS NOT NULL GROUP BY subject_id"
        ).iter_rows()
    )
    return [
        ImageEvidence(
            path,
            sha256,
            parser.parse(path),
            tuple(texts[micrograph_id]),
            tuple(shown[micrograph_id]),
            acquired.get(micrograph_id),
            magnification or _named_magnification(path),
        )
        for path, sha256, micrograph_id, magnification in files.iter_rows()
    ]


def _named_magnification(path: str) -> float | None:
    reading = parse_magnification_from_name(path.rsplit("/", 1)[-1])
    return float(reading.value) if reading is not None and reading.value is not None else None


def _shown_in(catalog: Catalog) -> dict[str, list[ShownIn]]:
    """micrograph_id -> the pictures in reports that show it, the surest first."""
    shown: dict[str, list[ShownIn]] = defaultdict(list)
    rows = catalog.query(
        "SELECT l.micrograph_id, f.figure_id, f.report_id, f.foan, f.serial_number "
        "FROM figure_links l JOIN report_figures f USING (figure_id) ORDER BY l.correlation DESC, f.figure_id",
    )
    for micrograph_id, *picture in rows.iter_rows():
        shown[micrograph_id].append(ShownIn(*picture))
    return shown


def instances(catalog: Catalog) -> list[Instance]:
    """The fracture instances in force."""
    rows = catalog.query(
        "SELECT instance_id, foan, serial_number, instance_tag, defect_class, report_id, in_review "
        "FROM fracture_instances WHERE superseded_by IS NULL AND foan IS NOT NULL ORDER BY instance_id",
    )
    return [
        Instance(identifier, foan, serial, tag, DefectClass(defect_class), report_id, in_review)
        for identifier, foan, serial, tag, defect_class, report_id, in_review in rows.iter_rows()
    ]


def apply_decision(catalog: Catalog, decision: Mapping[str, object]) -> None:
    """Bring the matches of one picture in line with what a person just decided about it, within a transaction."""
    rows = catalog.query(
        "SELECT m.* FROM matches m JOIN files f ON f.path = m.path AND f.kind = 'image' "
        "WHERE f.sha256 = ? ORDER BY m.path",
        [decision["sha256"]],
    )
    current = _current_instances(catalog)
    for row in rows.iter_rows(named=True):
        micrograph_id = row.pop("micrograph_id")
        decided = _decided(Decision(**row), decision, current)
        catalog.replace("matches", [match_row(decided, micrograph_id)], path=row["path"])
        catalog.update("match_candidates", {"path": row["path"]}, {"accepted": False})
        if decided.instance_id is not None:
            chosen = {"path": row["path"], "instance_id": decided.instance_id}
            catalog.update("match_candidates", chosen, {"accepted": True, "guard": ""})


def match_row(decision: Decision, micrograph_id: str) -> Row:
    """Row of ``matches``."""
    return {
        "path": decision.path,
        "micrograph_id": micrograph_id,
        "status": str(decision.status),
        "reason": decision.reason and str(decision.reason),
        "instance_id": decision.instance_id,
        "foan": decision.foan,
        "method": decision.method and str(decision.method),
        "similarity": decision.similarity,
        "runner_up_similarity": decision.runner_up_similarity,
        "rule": decision.rule,
        "guard": decision.guard,
        "evidence": decision.evidence,
    }


def _inputs_hash(catalog: Catalog, profile: Profile) -> str:
    tables = catalog.content_hash("fracture_instances", "decisions", "figure_links")
    images = catalog.query(
        "SELECT d.path, d.sha256, d.micrograph_id, m.leftover, m.magnification FROM dataset d LEFT JOIN micrographs m "
        "USING (micrograph_id) ORDER BY d.path",
    ).write_csv()
    texts = catalog.query(
        "SELECT subject_id, field, raw, value FROM readings WHERE subject = 'micrograph' ORDER BY subject_id, number",
    ).write_csv()
    captions = catalog.query(
        "SELECT f.figure_id, r.path, f.foan, f.serial_number, f.magnification, f.caption_confidence "
        "FROM report_figures f JOIN reports r USING (report_id) ORDER BY f.figure_id"
    ).write_csv()
    settings = profile.fingerprint("foan", "serial_number", "vocabulary", "matching")
    return input_hash([str(MATCHING_VERSION), settings, tables, images, texts, captions])


def _with_human_decisions(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """The latest decision of a person on a picture overrules every rule."""
    latest = {row["sha256"]: row for row in catalog.read("decisions").sort("decision_id").iter_rows(named=True)}
    if not latest:
        return list(decisions)
    sha_of = dict(catalog.query("SELECT path, sha256 FROM files WHERE kind = 'image'").iter_rows())
    current = _current_instances(catalog)
    return [
        _decided(decision, latest[sha_of[decision.path]], current) if sha_of[decision.path] in latest else decision
        for decision in decisions
    ]


def _current_instances(catalog: Catalog) -> pl.DataFrame:
    return catalog.query(
        "SELECT instance_id, foan, serial_number FROM fracture_instances WHERE superseded_by IS NULL "
        "ORDER BY instance_id",
    )


def _decided(decision: Decision, human: Mapping[str, object], current: pl.DataFrame) -> Decision:
    said = f"{human['reviewer']} on {human['decided_at']}: {human['note']}"
    if human["action"] == "exclude":
        return _overruled(decision, MatchStatus.UNMATCHED, MatchReason.EXCLUDED, None, None, said)
    fitting = current.filter(pl.col("foan") == human["foan"])
    if human["serial_number"] is not None:
        fitting = fitting.filter(pl.col("serial_number") == human["serial_number"])
    if fitting.height != 1:
        foan = str(human["foan"])
        gone = f"{said}; but the reports now have {fitting.height} such instances"
        return _overruled(decision, MatchStatus.REVIEW, MatchReason.AMBIGUOUS_INSTANCE, None, foan, gone)
    return _overruled(decision, MatchStatus.MATCHED, None, fitting["instance_id"][0], str(human["foan"]), said)


def _overruled(
    decision: Decision,
    status: MatchStatus,
    reason: MatchReason | None,
    instance_id: str | None,
    foan: str | None,
    evidence: str,
) -> Decision:
    method = MatchMethod.REVIEWED if status is MatchStatus.MATCHED else None
    rule = "" if reason is MatchReason.NO_PICTURE else "reviewed"
    return Decision(decision.path, status, reason, instance_id, foan, method, None, None, rule, "", evidence)


def _with_doubts(decision: Decision, caption: CaptionFinding | None) -> Decision:
    """A caption that contradicts the frame's magnification is told; it says nothing about the link."""
    if caption is None or not caption.doubts:
        return decision
    return replace(decision, evidence="; ".join((decision.evidence, *caption.doubts)))


def _readings_of(image: ImageEvidence, caption: CaptionFinding | None) -> list[Reading]:
    """What a path and captions say, as readings: magnification first, because the view ``dataset`` takes the first."""
    readings = []
    magnification = parse_magnification_from_name(image.path.rsplit("/", 1)[-1])
    if magnification is not None:
        readings.append(magnification)
    if caption is not None and caption.reading is not None:
        readings.append(caption.reading)
    readings += _text_readings(image.name.file, ReadingMethod.FILE_NAME)
    for folder in image.name.folders:
        readings += _text_readings(folder, ReadingMethod.FOLDER_NAME)
    return readings


def _text_readings(text: TextReading, method: ReadingMethod) -> list[Reading]:
    readings = []
    for foan in text.foans:
        confidence = 1.0 if foan.prefixed and not foan.repairs else 0.8 if foan.prefixed else 0.6
        readings.append(Reading("foan", foan.raw, foan.value, method, confidence, note=", ".join(foan.repairs)))
    readings += [
        Reading("foan", malformed.raw, None, method, 0.3, note="breaks the grammar of FOANs")
        for malformed in text.malformed
    ]
    readings += [
        Reading(
            "serial_number",
            serial.raw,
            serial.key if serial.full else None,
            method,
            1.0 if serial.full and serial.labelled and not serial.repaired else 0.6 if serial.full else 0.3,
            note="" if serial.full else f"part of a serial number: {serial.key}",
        )
        for serial in text.serials
    ]
    readings += [Reading("instance_tag", tag.raw, tag.keys[0], method, 0.5) for tag in text.tags if tag.keys]
    return readings


def _candidate_row(candidate: Candidate, linked: set[tuple[str, str | None]]) -> Row:
    return {
        "path": candidate.path,
        "rank": candidate.rank,
        "instance_id": candidate.instance_id,
        "foan": candidate.foan,
        "similarity": float(candidate.similarity),
        "foan_source": candidate.foan_source and str(candidate.foan_source),
        "serial_evidence": str(candidate.serial_evidence),
        "tag_evidence": str(candidate.tag_evidence),
        "picture_evidence": str(candidate.picture_evidence),
        "company": float(candidate.company),
        "accepted": (candidate.path, candidate.instance_id) in linked,
        "guard": candidate.guard,
    }
