"""Both rules side by side."""

from collections.abc import Callable

from data_contracts.vocabulary import MatchingMode
from fractocurate.matching.comparison import Difference, compare
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile


def test_every_image_is_compared(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """One image of each kind, the most telling difference first."""
    archive = [
        instance("FOAN-2021-0417", "123456"),
        instance("FOAN-2021-0452", "123470"),
        instance("FOAN-2021-0452", "123481"),
    ]
    kind_of = {
        "FOAN-2021-0452/FOAN-2021-0417_SN123470.tif": Difference.OTHER_FOAN,
        "FOAN-2021-0418.tif": Difference.PAPER_ONLY,
        "FOAN-2021-0452.tif": Difference.PAPER_ONLY,
        "SN123456.tif": Difference.GUARDED_ONLY,
        "FOAN-2021-0417.tif": Difference.SAME_LINK,
        "image.tif": Difference.NO_LINK,
    }
    images = [image(path) for path in kind_of]
    paper, guarded = (decide(images, archive, profile, mode).decisions for mode in MatchingMode)
    compared = compare(paper, guarded)
    assert {c.path: c.difference for c in compared} == kind_of
    assert [c.difference for c in compared] == sorted((c.difference for c in compared), key=list(Difference).index)
    assert all(c.paper.path == c.guarded.path == c.path for c in compared)
