"""Names and pictures x instances -> matches: all that identifies an image is decided anew and written down.

Matching is cheap beside reading, and one new report may change the decision on any image; so it is never done in
parts. It is skipped when nothing that it rests on has changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from data_contracts.catalog import Catalog
from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.dates import day_of
from fractocurate.matching.evidence import Candidate, Decision, ImageEvidence
from fractocurate.matching.ladder import decide
from fractocurate.matching.name_readings import TextReading
from fractocurate.micrographs.magnification import parse_magnification_from_name
from fractocurate.profile import Profile
from fractocurate.progress import Progress
from fractocurate.stages.captions import CaptionFinding, magnifications_by_caption
from fractocurate.stages.match_inputs import image_evidence, inputs_hash, instances
from fractocurate.stages.rows import Row, reading_rows
from fractocurate.stages.settled import current_instances, decided, settled

MATCHING_VERSION = 7
TAKEN_ON = "taken_on"
"""Field of the reading that says why the day of an image is at odds with its link."""

_BATCH = 50_000
"""Rows written at a time."""


def match_images(catalog: Catalog, profile: Profile, progress: Progress) -> None:
    """Bring ``matches``, ``match_candidates`` and the readings of names up to date."""
    inputs = inputs_hash(catalog, profile, MATCHING_VERSION)
    if catalog.meta("matching_inputs") == inputs:
        return
    images = image_evidence(catalog, profile)
    progress.start("matching", len(images))
    outcome = decide(images, instances(catalog), profile)
    micrograph_of = dict(catalog.query("SELECT path, micrograph_id FROM dataset").iter_rows())
    captions = magnifications_by_caption(catalog)
    decisions = [_with_doubts(d, captions.get(d.path)) for d in settled(catalog, outcome.decisions)]
    linked = {d.path: d.instance_id for d in decisions if d.instance_id is not None}
    readings = (
        row
        for image in images
        for row in reading_rows("image_file", image.path, _readings_of(image, captions.get(image.path), outcome.doubts))
    )
    with catalog.transaction():
        _replace(catalog, "readings", readings, subject="image_file")
        _replace(catalog, "match_candidates", (_candidate_row(c, linked) for c in outcome.candidates))
        _replace(catalog, "matches", (match_row(d, micrograph_of[d.path]) for d in decisions))
        catalog.set_meta("matching_inputs", inputs)
    progress.advance(len(images))


def _replace(catalog: Catalog, table: str, rows: Iterable[Row], **equal: object) -> None:
    """Replace rows batch by batch: those of millions of candidates together would not fit into memory."""
    remaining = iter(rows)
    catalog.replace(table, list(islice(remaining, _BATCH)), **equal)
    while batch := list(islice(remaining, _BATCH)):
        catalog.append(table, batch)


def apply_decision(catalog: Catalog, decision: Mapping[str, object]) -> None:
    """Bring the matches of one picture in line with what a person just decided about it, within a transaction."""
    rows = catalog.query(
        "SELECT m.* FROM matches m JOIN files f ON f.path = m.path AND f.kind = 'image' "
        "WHERE f.sha256 = ? ORDER BY m.path",
        [decision["sha256"]],
    )
    current = current_instances(catalog)
    for row in rows.iter_rows(named=True):
        micrograph_id = row.pop("micrograph_id")
        settled_one = decided(Decision(**row), decision, current)
        catalog.replace("matches", [match_row(settled_one, micrograph_id)], path=row["path"])
        catalog.update("match_candidates", {"path": row["path"]}, {"accepted": False})
        if settled_one.instance_id is not None:
            chosen = {"path": row["path"], "instance_id": settled_one.instance_id}
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


def _with_doubts(decision: Decision, caption: CaptionFinding | None) -> Decision:
    """A caption that contradicts the frame's magnification is told; it says nothing about the link."""
    if caption is None or not caption.doubts:
        return decision
    return replace(decision, evidence="; ".join((decision.evidence, *caption.doubts)))


def _readings_of(image: ImageEvidence, caption: CaptionFinding | None, doubts: Mapping[str, str]) -> list[Reading]:
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
    taken = day_of(image) if image.path in doubts else None
    if taken is not None:
        day = taken.day.isoformat()
        readings.append(Reading(TAKEN_ON, day, day, taken.method, 1.0, note=doubts[image.path]))
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
            "serial_number" if serial.full else "part_of_serial_number",
            serial.raw,
            serial.key,
            method,
            1.0 if serial.full and serial.labelled and not serial.repaired else 0.6 if serial.full else 0.3,
        )
        for serial in text.serials
        # In a folder a bare number is a year or a box; matching makes nothing of it either.
        if serial.full or serial.labelled or method is not ReadingMethod.FOLDER_NAME
    ]
    readings += [Reading("instance_tag", tag.raw, tag.keys[0], method, 0.5) for tag in text.tags if tag.keys]
    return readings


def _candidate_row(candidate: Candidate, linked: Mapping[str, str]) -> Row:
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
        "accepted": linked.get(candidate.path) == candidate.instance_id,
        "guard": candidate.guard,
    }
