"""What the ladder looks up: instances by FOAN and by serial number, and the FOANs that the archive knows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.name_readings import TextReading
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile

_N_NEAREST = 10
"""Closest FOANs that are kept for ranking; more are no help to a reviewer."""
_CHUNK = 512
"""Readings compared at a time, so that the matrix of similarities stays small."""


@dataclass(frozen=True, slots=True)
class NearFoan:
    """A FOAN and how close it comes to a reading."""

    foan: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Witness:
    """One source that may name the component: the file name, the nearest folder that names one, the bar, a tag."""

    method: ReadingMethod
    text: TextReading


class InstanceIndex:
    """The instances in force, each broken part once, in an order that does not depend on the order of the input."""

    def __init__(self, instances: Iterable[Instance], profile: Profile) -> None:
        self.foan_grammar = profile.foan.grammar
        self._serial_grammar = profile.serial_number.grammar
        parser = NameParser(profile)
        self.of_foan: dict[str, list[Instance]] = defaultdict(list)
        self.of_serial: dict[str, list[Instance]] = defaultdict(list)
        self.of_report: dict[str, list[Instance]] = defaultdict(list)
        self.tag_keys: dict[str, tuple[str, ...]] = {}
        self._serial_keys: dict[str, str] = {}
        seen: dict[tuple[str, str, str, str], Instance] = {}
        for instance in sorted(instances, key=lambda i: i.instance_id):
            serial = self._serial_grammar.key(instance.serial_number or "")
            self._serial_keys[instance.instance_id] = serial
            # The same row of a report and of its copy is one broken part; if their classes differ, they are two views.
            identity = (instance.foan, serial, instance.instance_tag, instance.defect_class)
            if serial and identity in seen:
                self.of_report[instance.report_id].append(seen[identity])
                continue
            seen[identity] = instance
            self.of_report[instance.report_id].append(instance)
            self.of_foan[instance.foan].append(instance)
            if serial:
                self.of_serial[serial].append(instance)
            self.tag_keys[instance.instance_id] = parser.tag_keys(instance.instance_tag)
        self.serial_lengths = Counter(len(serial) for serial in self.of_serial)
        self.foan_of_key = {self.foan_grammar.key(foan): foan for foan in sorted(self.of_foan)}

    def serial_key(self, instance: Instance) -> str:
        """Letters and digits of the serial number; empty if the report has none."""
        return self._serial_keys[instance.instance_id]

    def key_of_serial(self, serial_number: str) -> str:
        """Comparable form of any serial number."""
        return self._serial_grammar.key(serial_number)

    def is_telling(self, serial: str) -> bool:
        """Whether random characters of this kind would hit some serial number in less than one case in a hundred."""
        n_digits = sum(c.isdigit() for c in serial)
        n_texts = 10.0**n_digits * 26.0 ** (len(serial) - n_digits)
        return self.serial_lengths[len(serial)] < 0.01 * n_texts


@dataclass(slots=True)
class _Stated:
    """What is kept of the files that state a FOAN, however many they are."""

    sha256: str
    """Of the first."""
    common_serials: frozenset[str]
    """Full serial numbers that stand in all of them."""
    is_by_several: bool = False
    """Files of other bytes than those of the first state it, too."""


class KnownFoans:
    """FOANs of the reports, and FOANs that names, folders and bars of the archive state although no report does."""

    def __init__(
        self, witnesses: Mapping[str, Sequence[Witness]], images: Sequence[ImageEvidence], index: InstanceIndex
    ) -> None:
        self._index = index
        self._stated: dict[str, _Stated] = {}
        self._folders: set[str] = set()
        for image in images:
            for witness in witnesses[image.path]:
                serials = frozenset(s.key for s in witness.text.serials if s.full)
                for foan in witness.text.foans:
                    if foan.may_be_date:
                        continue
                    if witness.method is ReadingMethod.FOLDER_NAME:
                        self._folders.add(foan.value)
                    known = self._stated.setdefault(foan.value, _Stated(image.sha256, serials))
                    known.is_by_several |= image.sha256 != known.sha256
                    known.common_serials &= serials
        self.foan_of_key = dict(index.foan_of_key)
        for stated in sorted(self._stated):
            self.foan_of_key.setdefault(index.foan_grammar.key(stated), stated)

    def has(self, foan: str) -> bool:
        """Whether a report or any trustworthy reading states it."""
        return foan in self._index.of_foan or foan in self._stated

    def is_attested_by_others(self, foan: str, sha256: str) -> bool:
        """Whether a report, a folder, or a file of other bytes states ``foan``."""
        if foan in self._index.of_foan or foan in self._folders:
            return True
        known = self._stated.get(foan)
        return known is not None and (known.is_by_several or known.sha256 != sha256)

    def is_attested_apart_from(self, foan: str, serial: str) -> bool:
        """Whether a report, a folder, or a file without that serial number states ``foan``: then it is no slip."""
        if foan in self._index.of_foan or foan in self._folders:
            return True
        known = self._stated.get(foan)
        return known is not None and serial not in known.common_serials


def nearest_foans(
    keys: Iterable[str], foan_of_key: dict[str, str], threshold: float
) -> dict[str, tuple[NearFoan, ...]]:
    """For each key the FOANs at or above the threshold, and the best one below it as runner-up; best first.

    The similarity is 1 - Levenshtein distance / length of the longer key (Schmid et al., section 2.2).
    """
    queries, choices = sorted(set(keys)), sorted(foan_of_key)
    nearest: dict[str, tuple[NearFoan, ...]] = {}
    if not choices:
        return dict.fromkeys(queries, ())
    for first in range(0, len(queries), _CHUNK):
        chunk = queries[first : first + _CHUNK]
        # Further off than this, nothing is a rival for any sensible margin, and cdist may stop early.
        scores = cdist(
            chunk, choices, scorer=Levenshtein.normalized_similarity, score_cutoff=threshold - 0.2, dtype=np.float32
        )
        for query, row in zip(chunk, scores, strict=True):
            # Rounding must not decide at the threshold, so exact figures are taken for the few that count.
            n_kept = max(_N_NEAREST, int(np.count_nonzero(row >= threshold - 1e-4)) + 1)
            # Most are zero, cut off; a sort of all of them would take longer than their comparison.
            near = np.flatnonzero(row)
            order = near[np.argsort(-row[near], kind="stable")[:n_kept]]
            close = (
                NearFoan(foan_of_key[choices[i]], Levenshtein.normalized_similarity(query, choices[i])) for i in order
            )
            nearest[query] = tuple(sorted(close, key=lambda near: (-near.similarity, near.foan)))
    return nearest


def witnesses_of(image: ImageEvidence, parser: NameParser) -> tuple[Witness, ...]:
    """The file name, the folder and the other texts of an image.

    The folder is the nearest one that states a FOAN; one that may be a date, or is malformed, only for want of another.
    """
    witnesses = [Witness(ReadingMethod.FILE_NAME, image.name.file)]
    folders = image.name.folders
    folder = next((f for f in folders if any(not foan.may_be_date for foan in f.foans)), None)
    folder = folder or next((f for f in folders if f.foans or f.malformed), None)
    if folder is not None:
        witnesses.append(Witness(ReadingMethod.FOLDER_NAME, folder))
    witnesses += [Witness(method, parser.read(text)) for text, method in image.other_texts]
    return tuple(witnesses)
