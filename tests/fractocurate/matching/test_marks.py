"""Serial numbers and tags for and against an instance."""

from collections.abc import Callable

import pytest

from fractocurate.matching.evidence import ImageEvidence, Instance, SerialEvidence, TagEvidence
from fractocurate.matching.index import InstanceIndex, witnesses_of
from fractocurate.matching.marks import marks_of, serial_evidence, tag_evidence
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile


@pytest.mark.parametrize(
    ("path", "serial", "tag"),
    [
        ("SN123456 B1.tif", SerialEvidence.FULL, TagEvidence.AGREES),
        ("sn12345G.tif", SerialEvidence.FULL, TagEvidence.NONE),
        ("#3456 B2.tif", SerialEvidence.PARTIAL, TagEvidence.CONTRADICTS),
        ("3456.tif", SerialEvidence.PARTIAL, TagEvidence.NONE),
        ("SN123457.tif", SerialEvidence.CONTRADICTS, TagEvidence.NONE),
        ("123457.tif", SerialEvidence.CONTRADICTS, TagEvidence.NONE),
        ("#9999.tif", SerialEvidence.CONTRADICTS, TagEvidence.NONE),
        ("9999.tif", SerialEvidence.NONE, TagEvidence.NONE),
        ("SN123457/SN123456.tif", SerialEvidence.FULL, TagEvidence.NONE),
        ("123457/x500 Q3.tif", SerialEvidence.NONE, TagEvidence.NONE),  # an unlabelled number of a folder
    ],
)
def test_marks_for_and_against(
    profile: Profile,
    image: Callable[..., ImageEvidence],
    instance: Callable[..., Instance],
    path: str,
    serial: SerialEvidence,
    tag: TagEvidence,
) -> None:
    """A labelled or full number that differs contradicts; a bare part that does not fit is just a number."""
    part = instance("FOAN-2021-0417", "123456", "B1")
    index = InstanceIndex([part], profile)
    evidence = image(path)
    marks = marks_of(evidence, witnesses_of(evidence, NameParser(profile)), index)
    assert serial_evidence(part, marks, index) is serial
    assert tag_evidence(part, marks, index) is tag


def test_an_instance_without_marks_is_neither_confirmed_nor_contradicted(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """A report that states no serial number and no tag leaves both open."""
    part = instance("FOAN-2021-0417")
    index = InstanceIndex([part], profile)
    evidence = image("SN123456 B2.tif")
    marks = marks_of(evidence, witnesses_of(evidence, NameParser(profile)), index)
    assert serial_evidence(part, marks, index) is SerialEvidence.NONE
    assert tag_evidence(part, marks, index) is TagEvidence.NONE
