"""Slips that the grammar does not see: proposed, never linked."""

from collections.abc import Callable

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile


def test_a_slip_that_the_grammar_does_not_see_is_proposed(
    lettered_profile: Profile, instance: Callable[..., Instance]
) -> None:
    """The one letter of the prefix swapped with a digit: nothing is linked, but a person sees what it may be."""
    parser = NameParser(lettered_profile)
    image = ImageEvidence("1K3132-Z_500x.tif", "a", parser.parse("1K3132-Z_500x.tif"))
    outcome = decide([image], [instance("K13132-Z", "4014685"), instance("K22222-A", "4014699")], lettered_profile)
    (decision,) = outcome.decisions
    assert (decision.status, decision.reason) == (MatchStatus.REVIEW, MatchReason.FUZZY_NOT_UNIQUE)
    assert outcome.candidates[0].foan == "K13132-Z"
    assert not any(candidate.accepted for candidate in outcome.candidates)
