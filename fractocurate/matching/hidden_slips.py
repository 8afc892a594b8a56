"""Slips that the grammar of FOANs cannot see: they are proposed to a reviewer, and never link anything."""

import re

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.index import InstanceIndex, NearFoan
from fractocurate.matching.name_readings import TextReading
from fractocurate.matching.neighbours import SlipIndex
from fractocurate.matching.verdict import Testimony

_MOST_WORDS = 4
"""A FOAN has no more pieces than that."""


def hidden_slip(name: TextReading, index: InstanceIndex, slips: SlipIndex, similarity: float) -> Testimony | None:
    """Words of a file name one slip from FOANs of reports, where the grammar saw none or only by repairs.

    Args:
        name: what the file name says.
        index: the instances in force.
        slips: keys of all FOANs that the archive knows.
        similarity: what the FOANs that are found are ranked by.
    """
    if name.malformed or any(not foan.repairs for foan in name.foans):
        return None
    words = re.findall(r"[^\W_]+", name.text)
    n_words = len(words)
    runs = {"".join(words[i:j]) for i in range(n_words) for j in range(i + 1, min(i + _MOST_WORDS, n_words) + 1)}
    found = {
        index.foan_of_key[key]: run
        for run in sorted(runs)
        if not run.isdecimal()
        for key in slips.within_one_slip(run.upper())
        if key in index.foan_of_key
    }
    near = tuple(NearFoan(foan, similarity) for foan in sorted(found))
    raw = ", ".join(sorted(set(found.values())))
    return Testimony(ReadingMethod.FILE_NAME, (), near, raw) if found else None
