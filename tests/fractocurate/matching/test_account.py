"""What is written down about an image: candidates in order, and a sentence."""

from collections.abc import Callable

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.evidence import Candidate, Decision, ImageEvidence, Instance, SerialEvidence
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Make = Callable[..., ImageEvidence]
Decide = Callable[..., Decision]


def test_candidates_are_ranked_with_their_evidence(profile: Profile, image: Make, archive: list[Instance]) -> None:
    """A contradiction lists both sides, the instance with the serial number and the one with the FOAN."""
    outcome = decide([image("FOAN-2021-0417_SN123470.tif")], archive, profile)
    assert [c.rank for c in outcome.candidates] == list(range(1, len(outcome.candidates) + 1))
    first_two = {c.instance_id: c.serial_evidence for c in outcome.candidates[:2]}
    assert first_two == {
        "FOAN-2021-0417/123456//r": SerialEvidence.CONTRADICTS,
        "FOAN-2021-0452/123470//r": SerialEvidence.FULL,
    }
    assert all(not c.accepted and c.guard for c in outcome.candidates)


def test_an_accepted_candidate_comes_first(profile: Profile, image: Make, archive: list[Instance]) -> None:
    """The link and its runners-up agree with the decision."""
    outcome = decide([image("FOAN-2021-0452 123481.tif")], archive, profile)
    accepted: list[Candidate] = [c for c in outcome.candidates if c.accepted]
    assert [(c.rank, c.instance_id, c.similarity, c.foan_source) for c in accepted] == [
        (1, outcome.decisions[0].instance_id, 1.0, ReadingMethod.FILE_NAME)
    ]


def test_the_evidence_is_a_sentence(decide_one: Decide) -> None:
    """A person reads what was read where, and what followed."""
    sentence = decide_one("FOAN-2021-0452/SN 123481 x500.tif").evidence
    assert "folder reads 'FOAN-2021-0452' as FOAN-2021-0452" in sentence
    assert "serial number 'SN 123481'" in sentence
    assert "linked to FOAN-2021-0452, 123481" in sentence


def test_what_the_usual_slips_make_of_a_name_comes_first(
    profile: Profile, image: Make, instance: Callable[..., Instance]
) -> None:
    """``034 2kx`` may be 0342 of another year by its letters; most often it lacks a nought."""
    foans = [*(f"FOAN-{year}-0342" for year in (2010, 2011, 2012)), "FOAN-2013-0034"]
    archive = [instance(foan, f"2{n:05d}") for n, foan in enumerate(foans)]
    outcome = decide([image("FOAN-2013-034 2kx.tif")], archive, profile)
    assert outcome.decisions[0].instance_id is None
    assert [c.foan for c in outcome.candidates] == ["FOAN-2013-0034", *foans[:3]]
