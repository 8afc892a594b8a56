"""What a picture in a report does to the decision on names: it links, breaks ties and flags, but never guesses."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import Decision, Decisions, ImageEvidence, Instance, PictureEvidence, ShownIn
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Decide = Callable[..., Decision]


@pytest.fixture
def parts(instance: Callable[..., Instance]) -> list[Instance]:
    """Report r1 on two parts of one FOAN, r2 on its neighbour, r3 on two parts of two FOANs."""
    return [
        instance("FOAN-2021-0417", "123456", report="r1"),
        instance("FOAN-2021-0417", "123470", report="r1"),
        instance("FOAN-2021-0418", "130001", report="r2"),
        instance("FOAN-2021-0533", "140001", report="r3"),
        instance("FOAN-2021-0631", "150001", report="r3"),
    ]


@pytest.fixture
def decide_shown(profile: Profile, image: Callable[..., ImageEvidence], parts: list[Instance]) -> Decide:
    """Decide one image that pictures of reports show; further file names of the archive may follow."""

    def run(path: str, *shown: ShownIn, others: tuple[str, ...] = ()) -> Decision:
        images = [replace(image(path), shown_in=shown), *map(image, others)]
        return next(d for d in decide(images, parts, profile).decisions if d.path == path)

    return run


def _figure(report: str, foan: str | None = None, serial: str | None = None) -> ShownIn:
    return ShownIn(f"{report}:1:1", report, foan, serial)


def _linked(decision: Decision) -> tuple[str | None, MatchMethod | None]:
    return decision.instance_id and decision.instance_id.split("/r")[0], decision.method


def test_a_useless_name_is_linked_by_its_picture(decide_shown: Decide) -> None:
    """The report has one part: the picture says which."""
    decision = decide_shown("image 3.tif", _figure("r2"))
    assert _linked(decision) == ("FOAN-2021-0418/130001/", MatchMethod.PICTURE)
    assert (decision.rule, "r2:1:1" in decision.evidence) == ("picture", True)


def test_a_report_on_several_parts_needs_a_caption(decide_shown: Decide) -> None:
    """Without one the FOAN at most is known; with a serial number in it, the part."""
    open_ = decide_shown("image 3.tif", _figure("r1"))
    assert (open_.status, open_.reason, open_.foan) == (
        MatchStatus.REVIEW, MatchReason.AMBIGUOUS_INSTANCE, "FOAN-2021-0417",
    )  # fmt: skip
    assert _linked(decide_shown("image 3.tif", _figure("r1", serial="123470")))[0] == "FOAN-2021-0417/123470/"
    neither = decide_shown("image 3.tif", _figure("r3"))
    assert (neither.status, neither.foan) == (MatchStatus.UNMATCHED, None)


def test_a_picture_breaks_a_tie_between_the_parts_of_a_foan(decide_shown: Decide) -> None:
    """The name gives the FOAN, the caption the part."""
    decision = decide_shown("FOAN-2021-0417.tif", _figure("r1", serial="123456"))
    assert _linked(decision) == ("FOAN-2021-0417/123456/", MatchMethod.EXACT)


def test_a_link_that_the_picture_confirms_says_so(decide_shown: Decide) -> None:
    """Two independent witnesses."""
    decision = decide_shown("FOAN-2021-0418.tif", _figure("r2"))
    assert (decision.status, decision.rule) == (MatchStatus.MATCHED, "exact + picture")


def test_a_name_that_the_picture_contradicts_goes_to_review(decide_shown: Decide) -> None:
    """A slip that hits another reported FOAN, or a sister part shown for comparison: neither is guessed."""
    decision = decide_shown("FOAN-2021-0418.tif", _figure("r1", serial="123456"))
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.CONTRADICTION)
    assert "FOAN-2021-0417" in decision.guard


def test_a_caption_that_names_another_part_speaks_for_that_part(decide_shown: Decide) -> None:
    """Report r1 shows a picture of FOAN 0418 for comparison, and its caption says so."""
    decision = decide_shown("image 3.tif", _figure("r1", foan="FOAN-2021-0418"))
    assert _linked(decision)[0] == "FOAN-2021-0418/130001/"


def test_a_slip_to_a_foan_that_nobody_else_knows_is_mended_by_the_picture(decide_shown: Decide) -> None:
    """0419 has no report and no other file; with another file of its own it is a part without a report."""
    assert _linked(decide_shown("FOAN-2021-0419.tif", _figure("r2"))) == ("FOAN-2021-0418/130001/", MatchMethod.FUZZY)
    attested = decide_shown("FOAN-2021-0419.tif", _figure("r2"), others=("FOAN-2021-0419 x50.tif",))
    assert attested.reason is MatchReason.CONTRADICTION
    far = decide_shown("FOAN-2021-0999.tif", _figure("r2"))
    assert far.reason is MatchReason.CONTRADICTION


def test_a_picture_decides_between_name_and_folder(decide_shown: Decide) -> None:
    """Two witnesses against one."""
    decision = decide_shown("FOAN-2021-0533/FOAN-2021-0418.tif", _figure("r2"))
    assert _linked(decision)[0] == "FOAN-2021-0418/130001/"


def test_a_serial_number_against_the_picture_goes_to_review(decide_shown: Decide) -> None:
    """The number in the name belongs to another part than the one in the picture."""
    decision = decide_shown("image 3 SN123456.tif", _figure("r2"))
    assert decision.reason is MatchReason.CONTRADICTION


def test_pictures_that_agree_on_no_part_say_nothing(decide_shown: Decide) -> None:
    """One picture under two reports: the conflict is told, and no link rests on it."""
    decision = decide_shown("image 3.tif", _figure("r1", serial="123456"), _figure("r2"))
    assert decision.status is MatchStatus.UNMATCHED
    assert "agree on no part" in decision.evidence


def test_a_picture_of_a_report_that_is_no_longer_in_force_says_nothing(decide_shown: Decide) -> None:
    """Superseded reports have no instances."""
    assert decide_shown("image 3.tif", _figure("gone")).reason is MatchReason.NO_IDENTIFIER


def test_shown_instances_are_candidates(
    profile: Profile, image: Callable[..., ImageEvidence], parts: list[Instance]
) -> None:
    """Whoever reviews a contradiction finds the part in the picture first, and what speaks for whom."""
    shown = replace(image("FOAN-2021-0418.tif"), shown_in=(_figure("r1", serial="123456"),))
    outcome: Decisions = decide([shown], parts, profile)
    first, second = outcome.candidates[:2]
    assert (first.instance_id, first.picture_evidence) == ("FOAN-2021-0417/123456//r1", PictureEvidence.SHOWN)
    assert (second.foan, second.picture_evidence) == ("FOAN-2021-0418", PictureEvidence.ELSEWHERE)


@given(
    name=st.sampled_from(
        ["image 3", "FOAN-2021-0417", "FOAN-2021-0418", "FOAN-2021-0419", "FAON-2021-418", "SN123456"]
    ),
    folder=st.sampled_from(["", "FOAN-2021-0417/", "FOAN-2021-0533/", "x/"]),
    report=st.sampled_from(["r1", "r2", "r3"]),
    serial=st.sampled_from([None, "123456", "130001", "999999"]),
)
@settings(max_examples=200, deadline=None)
def test_a_link_never_stands_against_the_picture(
    profile: Profile,
    image: Callable[..., ImageEvidence],
    instance: Callable[..., Instance],
    name: str,
    folder: str,
    report: str,
    serial: str | None,
) -> None:
    """Whatever is linked is among the parts that the picture may show, or the picture fits no part."""
    parts = [
        instance("FOAN-2021-0417", "123456", report="r1"),
        instance("FOAN-2021-0417", "123470", report="r1"),
        instance("FOAN-2021-0418", "130001", report="r2"),
        instance("FOAN-2021-0533", "140001", report="r3"),
    ]
    shown = replace(image(f"{folder}{name}.tif"), shown_in=(_figure(report, serial=serial),))
    (decision,) = decide([shown], parts, profile).decisions
    possible = {i.instance_id for i in parts if i.report_id == report and serial in (None, i.serial_number)}
    if decision.instance_id is not None and possible:
        assert decision.instance_id in possible
