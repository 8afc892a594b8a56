"""The published rule, literally, with the mistakes that follow from it."""

from collections.abc import Callable

import pytest

from data_contracts.vocabulary import MatchingMode, MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile


@pytest.mark.parametrize(
    ("path", "instance_id", "method", "rule"),
    [
        ("FOAN-2021-0417.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("FOAN-2021-0418.tif", "FOAN-2021-0417/123456//r", MatchMethod.FUZZY, "fuzzy"),  # a silent mistake
        ("FOAN-2021-417.tif", "FOAN-2021-0417/123456//r", MatchMethod.FUZZY, "fuzzy"),
        ("FOAN-2021-0417/x500.tif", "FOAN-2021-0417/123456//r", MatchMethod.EXACT, "exact"),
        ("FOAN-2021-0452 SN123481.tif", "FOAN-2021-0452/123481/B2/r", MatchMethod.EXACT, "exact + full serial"),
        ("FOAN-2021-0452 #3481.tif", "FOAN-2021-0452/123481/B2/r", MatchMethod.EXACT, "exact + partial serial"),
        ("FOAN-2021-0452 B2.tif", "FOAN-2021-0452/123481/B2/r", MatchMethod.EXACT, "exact + tag"),
        ("FOAN-2021-0452.tif", "FOAN-2021-0452/123470/B1/r", MatchMethod.EXACT, "exact + first of several"),
    ],
)
def test_the_published_ladder(
    profile: Profile,
    image: Callable[..., ImageEvidence],
    instance: Callable[..., Instance],
    path: str,
    instance_id: str,
    method: MatchMethod,
    rule: str,
) -> None:
    """Exact, else the closest at or above 0.9; ties by full serial number, substring, tag, and then by order."""
    instances = [
        instance("FOAN-2021-0417", "123456"),
        instance("FOAN-2021-0452", "123470", "B1"),
        instance("FOAN-2021-0452", "123481", "B2"),
    ]
    outcome = decide([image(path)], instances[::-1], profile, MatchingMode.PAPER)
    (decision,) = outcome.decisions
    assert (decision.instance_id, decision.method, decision.rule) == (instance_id, method, rule)
    assert [c.instance_id for c in outcome.candidates if c.accepted] == [instance_id]


@pytest.mark.parametrize(
    ("path", "reason"),
    [("SN123456.tif", MatchReason.NO_IDENTIFIER), ("FOAN-2019-0811.tif", MatchReason.NO_REPORT)],
)
def test_the_published_ladder_leaves_the_rest(
    profile: Profile,
    image: Callable[..., ImageEvidence],
    instance: Callable[..., Instance],
    path: str,
    reason: MatchReason,
) -> None:
    """It knows no link by serial number alone, and none below the threshold."""
    outcome = decide([image(path)], [instance("FOAN-2021-0417", "123456")], profile, MatchingMode.PAPER)
    assert (outcome.decisions[0].status, outcome.decisions[0].reason) == (MatchStatus.UNMATCHED, reason)
    assert outcome.candidates == ()


def test_a_similarity_of_exactly_the_threshold_links(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """Rounding does not decide at the threshold: 1 - 1/12 against a threshold of the same value."""
    settings = profile.model_dump()
    settings["matching"]["threshold"] = 1 - 1 / 12
    at_threshold = Profile.model_validate(settings)
    outcome = decide([image("FOAN-2021-0418.tif")], [instance("FOAN-2021-0417")], at_threshold, MatchingMode.PAPER)
    assert outcome.decisions[0].status is MatchStatus.MATCHED
