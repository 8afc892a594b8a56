"""Witnesses of a link, and a profile that asks for two of them."""

from collections.abc import Callable

import pytest

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.by_picture import instances_shown
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.index import InstanceIndex, witnesses_of
from fractocurate.matching.ladder import decide
from fractocurate.matching.marks import marks_of
from fractocurate.matching.names import NameParser
from fractocurate.matching.statements import statements_of
from fractocurate.profile import Profile

_WITNESSES = [
    ("FOAN-2021-0417.tif", (), 1),
    ("FOAN-2021-041.tif", (), 1),  # malformed: meant so
    ("FOAN-2021-0417_SN123456.tif", (), 2),
    ("FOAN-2021-0417/FOAN-2021-0417.tif", (), 2),
    ("FOAN-2021-0417/image.tif", (), 1),
    ("FOAN-2021-0417.tif", ("FOAN-2021-0417 500x",), 2),
    ("SN123456.tif", (), 1),
    ("FOAN-2021-0533/FOAN-2021-0417.tif", (), 1),
    ("FOAN-2021-0533_SN123456.tif", (), 1),  # the name speaks for another report
    ("FOAN-2021-0417_SN130001.tif", (), 1),  # the serial number is that of another FOAN
    ("image.tif", (), 0),
]


@pytest.fixture
def parts(instance: Callable[..., Instance]) -> list[Instance]:
    """Two FOANs."""
    return [instance("FOAN-2021-0417", "123456"), instance("FOAN-2021-0533", "130001", report="s")]


@pytest.mark.parametrize(("path", "bar", "n_witnesses"), _WITNESSES)
def test_each_witness_counts_once(
    path: str,
    bar: tuple[str, ...],
    n_witnesses: int,
    profile: Profile,
    image: Callable[..., ImageEvidence],
    parts: list[Instance],
) -> None:
    """Those that speak for FOAN-2021-0417."""
    index, shown_image = InstanceIndex(parts, profile), image(path, *bar)
    witnesses = witnesses_of(shown_image, NameParser(profile))
    shown = instances_shown(shown_image.shown_in, index)
    said = statements_of(witnesses, marks_of(shown_image, witnesses, index), shown, index)
    assert said.n_witnesses_for("FOAN-2021-0417", index) == n_witnesses


def test_a_site_may_ask_for_two_witnesses(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance], parts: list[Instance]
) -> None:
    """What one witness names alone goes to review, its FOAN known and its part the first candidate; copies add up."""
    strict = profile.matching.model_copy(update={"min_witnesses": 2})
    images = [
        image("a/FOAN-2021-0417_SN123456.tif"),
        image("a/FOAN-2021-0417_1 (30001).tif"),  # part of another serial number, by chance
        image("b/FOAN-2021-0533_1.tif", sha256="same"),
        image("b/FOAN-2021-0533_SN130001.tif", sha256="same"),
    ]
    parts = [*parts, instance("FOAN-2021-0418", "230001")]
    outcome = decide(images, parts, profile.model_copy(update={"matching": strict}))
    found = {d.path: (d.status, d.reason, d.foan) for d in outcome.decisions}
    assert found == {
        "a/FOAN-2021-0417_SN123456.tif": (MatchStatus.MATCHED, None, "FOAN-2021-0417"),
        "a/FOAN-2021-0417_1 (30001).tif": (MatchStatus.REVIEW, MatchReason.ONE_WITNESS, "FOAN-2021-0417"),
        "b/FOAN-2021-0533_1.tif": (MatchStatus.MATCHED, None, "FOAN-2021-0533"),
        "b/FOAN-2021-0533_SN130001.tif": (MatchStatus.MATCHED, None, "FOAN-2021-0533"),
    }
    first = next(c for c in outcome.candidates if c.path == "a/FOAN-2021-0417_1 (30001).tif")
    assert (first.rank, first.foan, first.accepted) == (1, "FOAN-2021-0417", False)
    assert first.guard == "one witness alone speaks for FOAN-2021-0417, and the profile asks for 2"
