"""Files with the same bytes share a link, or none of them has one."""

from collections.abc import Callable

import pytest

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import Decision, Decisions, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Decide = Callable[..., tuple[dict[str, Decision], Decisions]]


@pytest.fixture
def decide_copies(profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]) -> Decide:
    """Decide files that all have the same bytes."""

    def run(*paths: str) -> tuple[dict[str, Decision], Decisions]:
        instances = [
            instance("FOAN-2021-0417", "123456"),
            instance("FOAN-2021-0452", "123470"),
            instance("FOAN-2021-0452", "123481"),
        ]
        outcome = decide([image(path, sha256="same") for path in paths], instances, profile)
        return {d.path: d for d in outcome.decisions}, outcome

    return run


def test_copies_with_different_instances_go_to_review(decide_copies: Decide) -> None:
    """The same picture cannot show two parts; nobody knows which name is right."""
    decisions, outcome = decide_copies("FOAN-2021-0417.tif", "FOAN-2021-0452 123470.tif", "copy.tif")
    assert {d.status for d in decisions.values()} == {MatchStatus.REVIEW}
    assert {d.reason for d in decisions.values()} == {MatchReason.SAME_BYTES_CONFLICT}
    assert all(d.instance_id is None and d.foan is None for d in decisions.values())
    assert outcome.candidates
    assert not any(c.accepted for c in outcome.candidates)


def test_a_copy_named_with_a_foan_without_report_stops_the_link(decide_copies: Decide) -> None:
    """One of the two names is wrong, and it may be the one that links."""
    decisions, _ = decide_copies("FOAN-2021-0417.tif", "FOAN-2021-0900.tif")
    assert {d.reason for d in decisions.values()} == {MatchReason.SAME_BYTES_CONFLICT}


def test_a_copy_without_an_identifier_takes_over_the_link(decide_copies: Decide) -> None:
    """A picture copied under a useless name is still that picture."""
    decisions, outcome = decide_copies("FOAN-2021-0417.tif", "image 3.tif")
    copy = decisions["image 3.tif"]
    assert (copy.status, copy.instance_id) == (MatchStatus.MATCHED, decisions["FOAN-2021-0417.tif"].instance_id)
    assert (copy.rule, copy.method) == ("same_bytes", MatchMethod.EXACT)
    assert [c.path for c in outcome.candidates if c.accepted] == ["FOAN-2021-0417.tif", "image 3.tif"]


def test_a_copy_that_leaves_the_instance_open_takes_over_the_link(decide_copies: Decide) -> None:
    """The other copy's serial number tells which instance of the FOAN it is."""
    decisions, outcome = decide_copies("FOAN-2021-0452 123481.tif", "FOAN-2021-0452.tif")
    assert len({d.instance_id for d in decisions.values()}) == 1
    ranks = [c.rank for c in outcome.candidates if c.path == "FOAN-2021-0452.tif"]
    assert ranks == [1, 2]


def test_a_contradiction_is_not_settled_by_a_copy(decide_copies: Decide) -> None:
    """A copy whose own name contradicts itself stays in review, and takes the link of the other one with it."""
    decisions, _ = decide_copies("FOAN-2021-0417.tif", "FOAN-2021-0417 SN999999.tif")
    assert decisions["FOAN-2021-0417 SN999999.tif"].reason is MatchReason.CONTRADICTION
    assert decisions["FOAN-2021-0417.tif"].reason is MatchReason.SAME_BYTES_CONFLICT


def test_files_with_other_bytes_are_left_alone(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """Only equal bytes hand on a link."""
    outcome = decide([image("FOAN-2021-0417.tif"), image("image 3.tif")], [instance("FOAN-2021-0417")], profile)
    assert [d.status for d in outcome.decisions] == [MatchStatus.MATCHED, MatchStatus.UNMATCHED]


def test_a_copy_with_another_serial_number_stops_the_link(
    image: Callable[..., ImageEvidence], instance: Callable[..., Instance], profile: Profile
) -> None:
    """Same bytes, one name with the serial number of one part, the other with that of its sister: nobody knows."""
    parts = [instance("FOAN-2021-0533", "130001", "B1"), instance("FOAN-2021-0533", "130002", "B2")]
    images = [
        image("image 3 SN130001.tif", sha256="same"),
        image("FOAN-2021-0533/FOAN-2021-0417 SN130002.tif", sha256="same"),
    ]
    outcome = decide(images, parts, profile)
    assert {d.status for d in outcome.decisions} == {MatchStatus.REVIEW}
    assert not any(c.accepted for c in outcome.candidates)


def test_a_copy_whose_torn_name_resembles_another_part_stops_the_link(
    image: Callable[..., ImageEvidence], instance: Callable[..., Instance], profile: Profile
) -> None:
    """A misfiled copy has a clean name and a serial number; its twin, torn as its name is, says that it is misfiled."""
    parts = [instance("FOAN-2019-4005", "130001"), instance("FOAN-2021-2572", "130002")]
    images = [
        image("FOAN-2021-2572_SN130002.tif", sha256="same"),
        image("FOAN-209-4005_x250.tif", sha256="same"),
    ]
    outcome = decide(images, parts, profile)
    assert {d.status for d in outcome.decisions} == {MatchStatus.REVIEW}
