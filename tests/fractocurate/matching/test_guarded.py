"""The guarded ladder, rule by rule, on planted archives of a few rows."""

from collections.abc import Callable

import pytest

from data_contracts.vocabulary import DefectClass, MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import Decision, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile

Make = Callable[..., ImageEvidence]
MakeInstance = Callable[..., Instance]
Decide = Callable[..., Decision]


@pytest.mark.parametrize(
    ("path", "instance_id", "method", "rule"),
    [
        ("FOAN-2021-0417_x500.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("foa21.O417 x500.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("2021_0417 SE.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("FAON-2021-0417.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("FOAN-2021-0417/x500.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("FOAN-2021-0452_SN123481.tif", "FOAN-2021-0452/123481//r", MatchMethod.EXACT, "exact + serial"),
        ("FOAN-2021-0452/123481 x500.tif", "FOAN-2021-0452/123481//r", MatchMethod.EXACT, "exact + serial"),
        ("FOAN-2021-0452_#3481.tif", "FOAN-2021-0452/123481//r", MatchMethod.EXACT, "exact + partial serial"),
        ("FOAN-2021-0533_B2.tif", "FOAN-2021-0533/130002/B2/r", MatchMethod.EXACT, "exact + tag"),
        ("FOAN-2021-0533/B2/x500.tif", "FOAN-2021-0533/130002/B2/r", MatchMethod.EXACT, "exact + tag"),
        ("FOAN-2021-417.tif", "FOAN-2021-0417/123456//r", MatchMethod.FUZZY, "fuzzy"),
        ("FOAN-2021-04417.tif", "FOAN-2021-0417/123456//r", MatchMethod.FUZZY, "fuzzy"),
        ("FOAN-0221-0417.tif", "FOAN-2021-0417/123456//r", MatchMethod.FUZZY, "fuzzy"),
        ("x500 SN123456.tif", "FOAN-2021-0417/123456//r", MatchMethod.SERIAL, "serial"),
        ("x500 123456.tif", "FOAN-2021-0417/123456//r", MatchMethod.SERIAL, "serial"),
        (
            "FOAN-2021-0471_SN123456.tif",
            "FOAN-2021-0417/123456//r",
            MatchMethod.FUZZY,
            "serial and a FOAN one slip away",
        ),
        (
            "FOAN-2021-0533/FOAN-2021-0417_SN123456.tif",
            "FOAN-2021-0417/123456//r",
            MatchMethod.EXACT,
            "serial decides between contradicting FOANs",
        ),
    ],
)
def test_what_a_careful_person_would_link(
    decide_one: Decide, path: str, instance_id: str, method: MatchMethod, rule: str
) -> None:
    """Each rung links what it should, and says which rung it was."""
    decision = decide_one(path)
    assert (decision.status, decision.instance_id, decision.method, decision.rule) == (
        MatchStatus.MATCHED,
        instance_id,
        method,
        rule,
    )
    assert decision.reason is None
    assert decision.guard == ""


@pytest.mark.parametrize(
    ("path", "reason", "foan"),
    [
        ("FOAN-2021-0452.tif", MatchReason.AMBIGUOUS_INSTANCE, "FOAN-2021-0452"),
        ("FOAN-2021-0452 #1234.tif", MatchReason.AMBIGUOUS_INSTANCE, "FOAN-2021-0452"),
        ("SN140001.tif", MatchReason.AMBIGUOUS_INSTANCE, None),
        ("FOAN-2021-0417_SN999999.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0417_999999.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0417_#9999.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0417_SN123470.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0452_SN123470_SN123481.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0533_B3.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0533_SN130001_B2.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0533/FOAN-2021-0417.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0533/FOAN-2021-417.tif", MatchReason.CONTRADICTION, None),
        ("FOAN-2021-0417 and FOAN-2021-0671.tif", MatchReason.AMBIGUOUS_FOAN, None),
        ("FOAN-2021-0900_SN123456.tif", MatchReason.CONTRADICTION, None),
    ],
)
def test_what_a_careful_person_would_ask_about(
    decide_one: Decide, path: str, reason: MatchReason, foan: str | None
) -> None:
    """Ties and contradictions go to review with the guard that stopped them, never to an arbitrary winner."""
    decision = decide_one(path)
    assert (decision.status, decision.reason, decision.foan) == (MatchStatus.REVIEW, reason, foan)
    assert decision.instance_id is None
    assert decision.method is None
    assert decision.guard


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("x500_01.tif", MatchReason.NO_IDENTIFIER),
        ("SN999999.tif", MatchReason.NO_REPORT),
        ("FOAN-2021-0900.tif", MatchReason.NO_REPORT),
        ("FOAN-2019-417.tif", MatchReason.NO_REPORT),
        ("FOAN-2021-0418.tif", MatchReason.VALID_FOAN_NOT_IN_REPORTS),
        ("FOAM-2021-0418.tif", MatchReason.VALID_FOAN_NOT_IN_REPORTS),
        ("2021_0418.tif", MatchReason.NO_IDENTIFIER),
        ("FOAN-2021-0418/x500.tif", MatchReason.VALID_FOAN_NOT_IN_REPORTS),
    ],
)
def test_what_has_no_report_stays_unmatched(decide_one: Decide, path: str, reason: MatchReason) -> None:
    """A valid reading is never bent to its neighbour, and each image says why it is unmatched."""
    decision = decide_one(path)
    assert (decision.status, decision.reason, decision.instance_id) == (MatchStatus.UNMATCHED, reason, None)


def test_a_repair_must_be_the_only_one_among_all_known_foans(decide_one: Decide) -> None:
    """A torn reading as near to a FOAN that only other names know is no link."""
    assert decide_one("FOAN-2021-047.tif", others=["FOAN-2021-0900.tif"]).reason is MatchReason.FUZZY_NOT_UNIQUE
    beside = decide_one("FOAN-2021-417.tif", others=["FOAN-2021-4170.tif"])
    assert (beside.status, beside.reason) == (MatchStatus.REVIEW, MatchReason.FUZZY_NOT_UNIQUE)


def test_the_usual_slip_must_not_point_elsewhere(decide_one: Decide) -> None:
    """A repair that takes another slip than the usual one, to a FOAN nobody has stated, needs a second witness."""
    for doubled in ("FOAN-2021-04117.tif", "FOAN-2021-04177.tif", "FOAN-2021-00417.tif"):
        assert decide_one(doubled).foan == "FOAN-2021-0417"
    decision = decide_one("FOAN-2021-04227.tif", others=["FOAN-2021-0417.tif"])  # 0427, which nobody has stated
    assert decision.status is not MatchStatus.MATCHED
    decision = decide_one("FOAN-2021-033.tif")  # 0033 without its zero, or 0533 without its five
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.FUZZY_NOT_UNIQUE)
    decision = decide_one("FOAN-2021-033_SN130002.tif")  # the serial number is a second witness
    assert decision.instance_id == "FOAN-2021-0533/130002/B2/r"


def test_a_torn_foan_without_a_report_is_known_by_its_neighbours_in_the_archive(decide_one: Decide) -> None:
    """The only possible repair may be a FOAN that other names state and no report has."""
    decision = decide_one("FOAN-2021-900.tif", others=["FOAN-2021-0900.tif"])
    assert (decision.status, decision.reason, decision.foan) == (
        MatchStatus.UNMATCHED,
        MatchReason.NO_REPORT,
        "FOAN-2021-0900",
    )


def test_a_foan_that_others_state_is_no_slip(decide_one: Decide) -> None:
    """Serial number and neighbouring FOAN link only if nothing else says that the neighbour exists."""
    name = "FOAN-2021-0418_SN123456.tif"
    assert decide_one(name).instance_id == "FOAN-2021-0417/123456//r"
    assert decide_one(name, others=["FOAN-2021-0418_x500_SN123456.tif"]).status is MatchStatus.MATCHED
    for other in ("FOAN-2021-0418_x500.tif", "FOAN-2021-0418/x500.tif"):
        decision = decide_one(name, others=[other])
        assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.CONTRADICTION)


def test_a_data_bar_is_a_second_witness(decide_one: Decide) -> None:
    """It names what the file name hides, tells the instance, and stops a link that it contradicts."""
    assert decide_one("image 3.tif", "FOAN: 2021-0417").instance_id == "FOAN-2021-0417/123456//r"
    assert decide_one("FOAN-2021-0533.tif", "FOAN-2021-0533 B1").instance_id == "FOAN-2021-0533/130001/B1/r"
    decision = decide_one("FOAN-2021-0417.tif", "FOAN-2021-0671")
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.CONTRADICTION)
    ordinary = decide_one("FOAN-2021-0417.tif", "S-4800 15.0kV 8.2mm x500 SE(M) 2021-04-30 100um 987654")
    assert ordinary.status is MatchStatus.MATCHED


def test_a_folder_or_bar_that_resembles_no_foan_is_no_witness(decide_one: Decide) -> None:
    """A month behind the prefix, or a line of unreadable OCR, does not stop a valid name; a torn file name does."""
    assert decide_one("FOAN 2019-03/FOAN-2021-0417.tif").status is MatchStatus.MATCHED
    assert decide_one("FOAN-2021-0417.tif", "FOAN 19-99l 4").status is MatchStatus.MATCHED
    assert decide_one("FOAN-2021-0417/FOAN-2019-03.tif").reason is MatchReason.CONTRADICTION


def test_the_folder_of_a_day_does_not_hide_that_of_the_component(decide_one: Decide) -> None:
    """The nearest folder that surely names a component is the witness."""
    assert decide_one("FOAN-2021-0417/2021_0930/x500.tif").instance_id == "FOAN-2021-0417/123456//r"


def test_a_serial_number_that_rules_out_one_instance_does_not_choose_the_other(
    profile: Profile, image: Make, instance: MakeInstance
) -> None:
    """Where a report leaves a serial number out, another number in the name tells nothing for it."""
    instances = [instance("FOAN-2021-0417", "123456", "B1"), instance("FOAN-2021-0417", None, "B2")]
    for name in ("FOAN-2021-0417 SN123499.tif", "FOAN-2021-0417 123499 B1.tif"):
        (decision,) = decide([image(name)], instances, profile).decisions
        assert decision.reason is MatchReason.AMBIGUOUS_INSTANCE


def test_a_date_in_the_name_does_not_contradict_the_folder(decide_one: Decide) -> None:
    """An unprefixed reading that may be a date, and that nothing else knows, is no witness."""
    assert decide_one("FOAN-2021-0417/2021_0930.tif").status is MatchStatus.MATCHED
    assert decide_one("FOAN-2021-0417/2021_0990.tif").reason is MatchReason.CONTRADICTION


def test_torn_serials_between_two_foans_break_the_tie(profile: Profile, image: Make, instance: MakeInstance) -> None:
    """A reading as near to two FOANs is settled by the part's full serial number, or a marked part of it."""
    instances = [instance("FOAN-2022-0723", "150043"), instance("FOAN-2022-0724", "150044")]
    for path in ("FOAN-22-072 SN150044.tif", "FOAN-22-072 #0044.tif"):
        (decision,) = decide([image(path)], instances, profile).decisions
        assert decision.foan == "FOAN-2022-0724"
        assert decision.method is MatchMethod.FUZZY
    (decision,) = decide([image("FOAN-22-072.tif")], instances, profile).decisions
    assert decision.reason is MatchReason.FUZZY_NOT_UNIQUE


def test_a_report_in_review_links_nothing(profile: Profile, image: Make, instance: MakeInstance) -> None:
    """An instance that awaits a person is offered, not linked."""
    outcome = decide([image("FOAN-2021-0417.tif")], [instance("FOAN-2021-0417", "123456", in_review=True)], profile)
    (decision,), (candidate,) = outcome.decisions, outcome.candidates
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.REPORT_IN_REVIEW)
    assert not candidate.accepted
    assert candidate.guard


def test_a_row_repeated_in_a_copy_of_a_report_is_one_instance(
    profile: Profile, image: Make, instance: MakeInstance
) -> None:
    """Equal rows of two reports are one broken part; rows that differ in class are a tie."""
    first, copy = instance("FOAN-2021-0417", "123456"), instance("FOAN-2021-0417", "123456", report="s")
    (decision,) = decide([image("FOAN-2021-0417.tif")], [copy, first], profile).decisions
    assert decision.instance_id == first.instance_id
    other = instance("FOAN-2021-0417", "123456", report="s", defect_class=DefectClass.GREEN_BODY)
    (decision,) = decide([image("FOAN-2021-0417.tif")], [other, first], profile).decisions
    assert decision.reason is MatchReason.AMBIGUOUS_INSTANCE


def test_short_bare_numbers_are_no_serial_numbers_by_themselves(instance: MakeInstance, profile: Profile) -> None:
    """Where serial numbers fill their range, an unlabelled number may hit one by chance: a person decides."""
    settings = profile.model_dump()
    settings["serial_number"]["pattern"] = "{number:4}"
    dense = Profile.model_validate(settings)
    instances = [instance(f"FOAN-2021-{n:04d}", f"{n + 4000}") for n in range(1, 200)]
    parser = NameParser(dense)
    bare = ImageEvidence("x500 4077.tif", "1", parser.parse("x500 4077.tif"))
    labelled = ImageEvidence("x500 SN4077.tif", "2", parser.parse("x500 SN4077.tif"))
    by_path = {d.path: d for d in decide([bare, labelled], instances, dense).decisions}
    assert by_path[bare.path].status is MatchStatus.REVIEW
    assert by_path[labelled.path].foan == "FOAN-2021-0077"


def test_other_grammars(slashed_profile: Profile, lettered_profile: Profile, instance: MakeInstance) -> None:
    """The ladder knows no site."""
    for profile, foan, serial, names in (
        (slashed_profile, "BR/2021/00417", "AB12345", ("br21_00417 x500.tif", "BR-2021-0417.tif", "sn ab12345.tif")),
        (lettered_profile, "K12345-B", "1234567", ("k12345b_x500.tif", "K 12345 B/x500.tif", "1234567.tif")),
    ):
        parser = NameParser(profile)
        images = [ImageEvidence(name, name, parser.parse(name)) for name in names]
        decisions = decide(images, [instance(foan, serial)], profile).decisions
        assert [(d.path, d.status, d.foan) for d in decisions] == [
            (name, MatchStatus.MATCHED, foan) for name in sorted(names)
        ]


def test_a_swap_is_as_near_as_an_edit(profile: Profile, image: Make, instance: MakeInstance) -> None:
    """2080 may be 2008 with two digits swapped or 2010 with one replaced: nobody can tell, so a person decides."""
    archive = [instance("FOAN-2008-0381", "123456"), instance("FOAN-2010-0381", "123470")]
    (decision,) = decide([image("FOAN-2080-0381 x500.tif")], archive, profile).decisions
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.FUZZY_NOT_UNIQUE)
    (alone,) = decide([image("FOAN-2080-0381 x500.tif")], archive[:1], profile).decisions
    assert alone.instance_id == "FOAN-2008-0381/123456//r"


def test_a_serial_number_with_letters_is_an_identifier_even_without_a_report(
    profile: Profile, slashed_profile: Profile, instance: MakeInstance
) -> None:
    """``AB12345`` is one by its form; six digits may be anything."""
    for site, name, reason in (
        (slashed_profile, "AB12345 500x.tif", MatchReason.NO_REPORT),
        (profile, "123456 500x.tif", MatchReason.NO_IDENTIFIER),
    ):
        bare = ImageEvidence(name, "1", NameParser(site).parse(name))
        (decision,) = decide([bare], [instance("FOAN-2021-0417", "999999")], site).decisions
        assert decision.reason is reason
