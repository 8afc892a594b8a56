"""Which instance of a FOAN: serial numbers and instance tags as evidence for and against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import MatchReason, ReadingMethod
from fractocurate.matching.evidence import ImageEvidence, Instance, SerialEvidence, TagEvidence
from fractocurate.matching.index import InstanceIndex, Witness
from fractocurate.matching.name_readings import SerialReading, TextReading


@dataclass(frozen=True, slots=True)
class Marks:
    """Serial numbers and tags found with one image, all witnesses together."""

    serials: tuple[SerialReading, ...]
    tag_keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Selection:
    """One instance chosen among those of a FOAN, or the reason why none was."""

    instance: Instance | None
    rung: str
    """What singled it out: ``serial``, ``partial serial``, ``tag``, ``only instance``; empty if nothing did."""
    reason: MatchReason | None = None
    guard: str = ""


def marks_of(image: ImageEvidence, witnesses: Iterable[Witness], index: InstanceIndex) -> Marks:
    """Collect the marks of an image.

    The file name may state anything. In a folder, a bar or a tag many numbers stand for other things: there, a serial
    number counts only with its label or if a report knows it.
    """
    serials: dict[tuple[str, bool], SerialReading] = {}
    tags: set[str] = set()
    texts: list[tuple[ReadingMethod, TextReading]]
    texts = [(witness.method, witness.text) for witness in witnesses if witness.method is not ReadingMethod.FOLDER_NAME]
    texts += [(ReadingMethod.FOLDER_NAME, folder) for folder in image.name.folders]
    for method, text in texts:
        for serial in text.serials:
            trusted = serial.labelled or (serial.full and serial.key in index.of_serial)
            if method is ReadingMethod.FILE_NAME or trusted:
                known = serials.get((serial.key, serial.full))
                if known is None or (serial.labelled and not known.labelled):
                    serials[serial.key, serial.full] = serial
        tags.update(key for tag in text.tags for key in tag.keys)
    return Marks(tuple(serials[key] for key in sorted(serials)), frozenset(tags))


def strong_serials(marks: Marks, index: InstanceIndex) -> tuple[str, ...]:
    """Full serial numbers that are surely meant as such: labelled, or known to a report."""
    strong = {s.key for s in marks.serials if s.full and (s.labelled or s.key in index.of_serial)}
    return tuple(sorted(strong))


def serial_evidence(instance: Instance, marks: Marks, index: InstanceIndex) -> SerialEvidence:
    """How the serial numbers with an image relate to that of ``instance``."""
    key = index.serial_key(instance)
    if not key or not marks.serials:
        return SerialEvidence.NONE
    if any(s.full and s.key == key for s in marks.serials):
        return SerialEvidence.FULL
    evidence = SerialEvidence.NONE
    for serial in marks.serials:
        if len(serial.key) < len(key) and serial.key in key:
            evidence = SerialEvidence.PARTIAL
        elif serial.labelled or (serial.full and _is_like_a_serial(serial, index)):
            return SerialEvidence.CONTRADICTS
    return evidence


def tag_evidence(instance: Instance, marks: Marks, index: InstanceIndex) -> TagEvidence:
    """How the tags with an image relate to that of ``instance``; only tags of its own kind contradict."""
    keys = index.tag_keys[instance.instance_id]
    if not keys:
        return TagEvidence.NONE
    if marks.tag_keys.intersection(keys):
        return TagEvidence.AGREES
    kinds = {key.rstrip("0123456789") for key in marks.tag_keys}
    return TagEvidence.CONTRADICTS if kinds.intersection(k.rstrip("0123456789") for k in keys) else TagEvidence.NONE


def select_instance(instances: Sequence[Instance], marks: Marks, index: InstanceIndex) -> Selection:
    """Choose among the instances of one FOAN: full serial, part of a serial, tag; never an arbitrary one."""
    serials = {i.instance_id: serial_evidence(i, marks, index) for i in instances}
    tags = {i.instance_id: tag_evidence(i, marks, index) for i in instances}
    guard = _contradiction(marks, index, serials, tags)
    if guard:
        return Selection(None, "", MatchReason.CONTRADICTION, guard)
    open_to = [i for i in instances if serials[i.instance_id] is not SerialEvidence.CONTRADICTS]
    tagged = [i for i in instances if tags[i.instance_id] is TagEvidence.AGREES]
    for rung, wanted in (("serial", SerialEvidence.FULL), ("partial serial", SerialEvidence.PARTIAL)):
        agreeing = [i for i in open_to if serials[i.instance_id] is wanted]
        if agreeing:
            return _settle(agreeing, tagged, rung, tags)
    if len(open_to) < len(instances):
        # Only instances without a serial number are left: that they are open is no evidence for them.
        return Selection(None, "", MatchReason.AMBIGUOUS_INSTANCE, "no instance has this serial number")
    if len(instances) > 1 and not tagged:
        return Selection(None, "", MatchReason.AMBIGUOUS_INSTANCE, "neither serial number nor tag tells which instance")
    return _settle(tagged or list(instances), tagged, "tag" if tagged else "only instance", tags)


def _contradiction(
    marks: Marks, index: InstanceIndex, serials: dict[str, SerialEvidence], tags: dict[str, TagEvidence]
) -> str:
    """What speaks against every instance of the FOAN; empty if nothing does."""
    if len(strong_serials(marks, index)) > 1:
        return "several serial numbers"
    if set(serials.values()) == {SerialEvidence.CONTRADICTS}:
        return "the serial number is none of this FOAN"
    if set(tags.values()) == {TagEvidence.CONTRADICTS}:
        return "the tag is none of this FOAN"
    return ""


def _settle(agreeing: list[Instance], tagged: list[Instance], rung: str, tags: dict[str, TagEvidence]) -> Selection:
    both = [i for i in agreeing if i in tagged]
    if len(both) == 1 and len(tagged) == 1:
        return Selection(both[0], rung)
    if (tagged and not both) or all(tags[i.instance_id] is TagEvidence.CONTRADICTS for i in agreeing):
        return Selection(None, "", MatchReason.CONTRADICTION, "the tag is that of no such instance")
    if len(agreeing) == 1 and len(tagged) <= 1:
        return Selection(agreeing[0], rung)
    return Selection(None, "", MatchReason.AMBIGUOUS_INSTANCE, f"several instances agree by {rung}")


def _is_like_a_serial(serial: SerialReading, index: InstanceIndex) -> bool:
    """A bare number contradicts only if a report knows it or if it has the length of the site's serial numbers."""
    return serial.key in index.of_serial or (not serial.repaired and len(serial.key) in index.serial_lengths)
