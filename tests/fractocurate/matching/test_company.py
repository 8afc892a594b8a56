"""The images around an image: they rank and stop, and never link."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.evidence import Decisions, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Run = Callable[..., Decisions]


@pytest.fixture
def run(profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]) -> Run:
    """Decide files, each a path or (path, time of acquisition), among three FOANs, two of them neighbours."""
    parts = [
        instance("FOAN-2021-0417", "123456"),
        instance("FOAN-2021-0418", "123470"),
        instance("FOAN-2021-0533", "130001"),
    ]

    def decide_all(*files: str | tuple[str, str]) -> Decisions:
        pairs = [(file, None) if isinstance(file, str) else file for file in files]
        images = [replace(image(path), acquired_at=taken) for path, taken in pairs]
        return decide(images, parts, profile)

    return decide_all


_THREE = ("a/FOAN-2021-0417_1.tif", "a/FOAN-2021-0417_2.tif", "a/FOAN-2021-0417_3.tif")


def _of(outcome: Decisions, path: str) -> tuple[MatchStatus, MatchReason | None]:
    decision = next(d for d in outcome.decisions if d.path == path)
    return decision.status, decision.reason


def test_a_lone_name_one_slip_from_all_its_company_goes_to_review(run: Run) -> None:
    """The typing error that hits a reported neighbour: 0418 among the images of 0417."""
    outcome = run(*_THREE, "a/FOAN-2021-0418_4.tif")
    assert _of(outcome, "a/FOAN-2021-0418_4.tif") == (MatchStatus.REVIEW, MatchReason.OUT_OF_SERIES)
    ranked = [c for c in outcome.candidates if c.path == "a/FOAN-2021-0418_4.tif"]
    assert not any(c.accepted for c in ranked)
    assert {c.foan: c.company for c in ranked} == {"FOAN-2021-0417": 1.0, "FOAN-2021-0418": 0.0}


@pytest.mark.parametrize(
    "others",
    [
        ("a/FOAN-2021-0418_4.tif", "a/FOAN-2021-0418_5.tif"),  # its own company
        ("a/FOAN-2021-0418_SN123470.tif",),  # a serial number as second witness
        ("a/FOAN-2021-0533_4.tif",),  # no slip away
        ("b/FOAN-2021-0418_4.tif",),  # another folder
    ],
)
def test_a_link_with_support_of_its_own_stays(run: Run, others: tuple[str, ...]) -> None:
    """Company stops only what rests on one reading and is one slip from all of it."""
    outcome = run(*_THREE, *others)
    assert {_of(outcome, path)[0] for path in others} == {MatchStatus.MATCHED}


def test_two_images_are_no_company(run: Run) -> None:
    """Too few to say anything against a link."""
    outcome = run(*_THREE[:2], "a/FOAN-2021-0418_4.tif")
    assert _of(outcome, "a/FOAN-2021-0418_4.tif")[0] is MatchStatus.MATCHED


def test_company_alone_links_nothing_but_proposes(run: Run) -> None:
    """An image without a name among images of one part: unmatched, with that part as its candidate."""
    outcome = run(*_THREE, "a/image 7.tif")
    assert _of(outcome, "a/image 7.tif") == (MatchStatus.UNMATCHED, MatchReason.NO_IDENTIFIER)
    (proposed,) = [c for c in outcome.candidates if c.path == "a/image 7.tif"]
    assert (proposed.foan, proposed.company, proposed.accepted) == ("FOAN-2021-0417", 1.0, False)


def test_a_folder_of_strays_proposes_nothing(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """Images of five parts, one each: none of them is likelier than the others."""
    foans = [f"FOAN-2021-{1000 + 1111 * n}" for n in range(5)]
    images = [image(f"a/{foan}.tif") for foan in foans] + [image("a/image.tif")]
    outcome = decide(images, [instance(foan, f"2{n:05d}") for n, foan in enumerate(foans)], profile)
    assert _of(outcome, "a/FOAN-2021-1000.tif")[0] is MatchStatus.MATCHED
    assert [c for c in outcome.candidates if c.path == "a/image.tif"] == []


def test_a_sitting_at_the_microscope_is_company_across_folders(run: Run) -> None:
    """Images of ten minutes belong together wherever they were filed; those of another hour do not."""
    sitting = [(path, f"2021-05-03T10:0{i}:00") for i, path in enumerate(_THREE)]
    near = run(*sitting, ("b/image 7.tif", "2021-05-03T10:05:00"))
    assert [c.foan for c in near.candidates if c.path == "b/image 7.tif"] == ["FOAN-2021-0417"]
    later = run(*sitting, ("b/image 7.tif", "2021-05-03T11:05:00"))
    assert [c for c in later.candidates if c.path == "b/image 7.tif"] == []


def test_copies_of_one_image_count_once(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """Three files of the same bytes are one image of company, which is too few to stop a link."""
    parts = [instance("FOAN-2021-0417", "123456"), instance("FOAN-2021-0418", "123470")]
    images = [image(path, sha256="same") for path in _THREE] + [image("a/FOAN-2021-0418_4.tif")]
    outcome = decide(images, parts, profile)
    assert _of(outcome, "a/FOAN-2021-0418_4.tif")[0] is MatchStatus.MATCHED
