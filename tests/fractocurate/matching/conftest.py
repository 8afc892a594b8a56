"""What the tests of this room share: profiles of three sites, and short ways to write down a planted archive."""

from collections.abc import Callable, Sequence

import pytest

from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.matching.evidence import Decision, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile, load_profile


@pytest.fixture(scope="session")
def profile() -> Profile:
    """The defaults, with serial numbers of six digits."""
    return _with(load_profile(None), serial="{number:6}")


@pytest.fixture(scope="session")
def slashed_profile() -> Profile:
    """A site with slashes, five digits, and letters in its serial numbers."""
    return _with(load_profile(None), serial="{letters:2}{number:5}", foan="BR/{year}/{number:5}")


@pytest.fixture(scope="session")
def lettered_profile() -> Profile:
    """A site without years: K1234-B."""
    return _with(load_profile(None), serial="{number:7}", foan="K{number:4..6}-{letters:1}")


@pytest.fixture(scope="session")
def image(profile: Profile) -> Callable[..., ImageEvidence]:
    """Make an image from its path; texts of its data bar may follow."""
    parser = NameParser(profile)

    def make(path: str, *bar: str, sha256: str = "") -> ImageEvidence:
        texts = tuple((text, ReadingMethod.DATA_BAR) for text in bar)
        return ImageEvidence(path, sha256 or f"sha of {path}", parser.parse(path), texts)

    return make


@pytest.fixture(scope="session")
def instance() -> Callable[..., Instance]:
    """Make an instance; its id is FOAN/serial/tag."""

    def make(
        foan: str,
        serial: str | None = None,
        tag: str = "",
        *,
        defect_class: DefectClass = DefectClass.MATERIAL,
        in_review: bool = False,
        report: str = "r",
    ) -> Instance:
        return Instance(f"{foan}/{serial}/{tag}/{report}", foan, serial, tag, defect_class, report, in_review)

    return make


@pytest.fixture(scope="session")
def archive(instance: Callable[..., Instance]) -> list[Instance]:
    """Four FOANs: one part each, two parts, two tagged fractures, and one serial number that stands in two reports."""
    return [
        instance("FOAN-2021-0417", "123456"),
        instance("FOAN-2021-0452", "123470"),
        instance("FOAN-2021-0452", "123481"),
        instance("FOAN-2021-0533", "130001", "B1"),
        instance("FOAN-2021-0533", "130002", "B2"),
        instance("FOAN-2021-0671", "140001"),
        instance("FOAN-2022-0818", "140001"),
    ]


@pytest.fixture(scope="session")
def decide_one(
    profile: Profile, image: Callable[..., ImageEvidence], archive: list[Instance]
) -> Callable[..., Decision]:
    """Decide one image within the planted archive; other names may stand beside it."""

    def run(path: str, *bar: str, others: Sequence[str] = ()) -> Decision:
        images = [image(path, *bar), *(image(other) for other in others)]
        outcome = decide(images, archive, profile)
        return next(d for d in outcome.decisions if d.path == path)

    return run


def _with(base: Profile, *, serial: str, foan: str | None = None) -> Profile:
    settings = base.model_dump()
    settings["serial_number"] = {"pattern": serial, "labels": base.serial_number.labels}
    if foan:
        settings["foan"] = {"pattern": foan}
    return Profile.model_validate(settings)
