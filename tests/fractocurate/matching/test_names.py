"""What names say about the component, the part and the fracture."""

import random
import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fractocurate.matching.name_readings import SerialReading
from fractocurate.matching.names import NameParser, parse_name, tag_keys
from fractocurate.profile import Profile, load_profile


def _serials(profile: Profile, name: str) -> list[tuple[str, bool, bool]]:
    return [(s.key, s.full, s.labelled) for s in parse_name(name, profile).file.serials]


@pytest.mark.parametrize(
    ("name", "serials"),
    [
        ("FOAN-2021-0417 SN 123456 x500.tif", [("123456", True, True)]),
        ("FOAN-2021-0417_S-N-123456_x2k.png", [("123456", True, True)]),
        ("FOAN-21_0417-SN123456-10k-19.jpeg", [("123456", True, True)]),
        ("sn12345O_V100.tif", [("123450", True, True)]),
        ("Seriennummer 123456.tif", [("123456", True, True)]),
        ("FOAN-2021-0417-123456-250-009.jpg", [("123456", True, False)]),
        ("FOAN-2021-0417_#3456_50x.tiff", [("3456", False, True)]),
        ("FOAN-2021-0417 ..3456 51 SE.jpg", [("3456", False, True)]),
        ("FOAN-2021-0417 SN3456.jpg", [("3456", False, True)]),
        ("3456-V2000-28-FOAN20210417.tif", [("3456", False, False)]),
        ("FOAN21-00417_123456_50x.tif", [("123456", True, False)]),
    ],
)
def test_serial_numbers_are_found(profile: Profile, name: str, serials: list[tuple[str, bool, bool]]) -> None:
    """Full or in part, with a label, with a mark of abbreviation, or bare."""
    assert _serials(profile, name) == serials


@pytest.mark.parametrize(
    "name",
    [
        "FOAN-2021-0417_x10000.tif",
        "FOAN-2021-0417_10000X_2.tif",
        "FOAN-2021-0417 V2000.tif",
        "FOAN-2021-0417 1kX.tif",
        "FOAN-2021-0417 10000 2500.tif",
        "FOAN-2021-0417 1.048kx.tif",
        "20210417 x500.tif",
        "2021-04-17 SE.tif",
        "17.04.2021.tif",
        "IMG_0417.tif",
        "DSC01234.tif",
        "Bild 1234.tif",
        "FOAN-2021-0417 (2).tif",
        "FOAN-2021-0417 1500µm 15kV.tif",
        "FOAN-2021-0417 Mag 1250.tif",
        "name\nwith 12\nnewlines.tif",
    ],
)
def test_other_numbers_are_no_serial_numbers(profile: Profile, name: str) -> None:
    """Magnifications, dates, running numbers and quantities are taken out first."""
    assert _serials(profile, name) == []


def test_folders_are_read_nearest_first(profile: Profile) -> None:
    """The folder that holds the file comes before those around it."""
    name = parse_name("SEM 2021/FOAN-2021-0417 Bruch/B2/x500.tif", profile)
    assert [folder.text for folder in name.folders] == ["B2", "FOAN-2021-0417 Bruch", "SEM 2021"]
    assert [f.value for folder in name.folders for f in folder.foans] == ["FOAN-2021-0417"]
    assert name.file.foans == ()


def test_decomposed_names_are_read_like_composed_ones(profile: Profile) -> None:
    """A name from a file system that decomposes umlauts says the same."""
    name = "Prüfung/größer FOAN-2021-0417 SN123456 B2 - Kopie (3).tif"
    assert parse_name(unicodedata.normalize("NFD", name), profile) == parse_name(name, profile)


def test_a_bare_reading_that_may_be_a_date_is_marked(profile: Profile) -> None:
    """Year and number may be year, month and day; with the prefix there is no doubt."""
    assert parse_name("2021_0417.tif", profile).file.foans[0].may_be_date
    assert not parse_name("2021_0672.tif", profile).file.foans[0].may_be_date
    assert not parse_name("FOAN_2021_0417.tif", profile).file.foans[0].may_be_date


def test_a_dot_inside_the_name_does_not_cut_the_identifier(profile: Profile) -> None:
    """Only what looks like an extension is one."""
    assert parse_name("FOAN-2021.0417", profile).file.foans[0].value == "FOAN-2021-0417"


@pytest.mark.parametrize(
    ("name", "tag", "agrees"),
    [
        ("x500_B2_01.tif", "B2", True),
        ("x500_b02.tif", "B2", True),
        ("Bruch 2 x500.tif", "B2", True),
        ("Bruch 2 x500.tif", "2", True),
        ("x500_B2.tif", "2", True),  # B as in Bruch
        ("x500_2.tif", "2", False),  # a running number
        ("x500_B1.tif", "B2", False),
        ("V2.tif", "B2", False),
        ("Probe A.tif", "A", True),
    ],
)
def test_tags_are_compared_whatever_their_spelling(profile: Profile, name: str, tag: str, *, agrees: bool) -> None:
    """Short and long forms of a tag agree; a lone number is none."""
    parser = NameParser(profile)
    found = {key for reading in parser.parse(name).file.tags for key in reading.keys}
    assert bool(found.intersection(parser.tag_keys(tag))) == agrees


def test_a_tag_that_a_report_leaves_out_has_no_keys() -> None:
    """Nothing agrees with an empty tag."""
    assert tag_keys("", ["fracture"]) == ()
    assert tag_keys("Fracture 03", ["fracture"]) == ("3", "F3", "FRACTURE3")


def test_serials_with_letters_are_read(slashed_profile: Profile) -> None:
    """A site's serial numbers may hold letters; a label is then no part of them."""
    name = parse_name("BR-21-00417 SN AB12345 1kx.tif", slashed_profile)
    assert [f.value for f in name.file.foans] == ["BR/2021/00417"]
    assert name.file.serials == (SerialReading("AB12345", "SN AB12345", full=True, labelled=True),)
    assert parse_name("br2021_00417-ab12345-2.tif", slashed_profile).file.serials[0].key == "AB12345"


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40))
@settings(max_examples=200)
def test_any_name_can_be_read(profile: Profile, name: str) -> None:
    """No name raises, and what is read satisfies the grammar."""
    reading = parse_name(f"folder/{name}", profile)
    assert all(profile.foan.grammar.is_valid(f.value) for f in reading.file.foans)
    assert all(s.key.isdigit() for s in reading.file.serials)


@given(
    foan=st.tuples(st.integers(1990, 2049), st.integers(0, 9999)),
    serial=st.integers(100_001, 999_999).filter(lambda n: n % 1000 != 0),
    separator=st.sampled_from(["_", " ", "-", "__"]),
    label=st.sampled_from(["SN", "sn ", "S-N-", "SN_"]),
    tail=st.sampled_from(["x500", "V1000", "10kX", "BSE", "(2)", "Kopie", "Rand_03"]),
)
def test_identifiers_survive_every_name(
    profile: Profile, foan: tuple[int, int], serial: int, separator: str, label: str, tail: str
) -> None:
    """Planted in a name among other numbers, FOAN and serial number come out, and nothing else does."""
    parts = [f"FOAN-{foan[0]}-{foan[1]:04d}", f"{label}{serial}", tail]
    for order in (parts, parts[::-1]):
        reading = parse_name(separator.join(order) + ".tif", profile).file
        assert [f.value for f in reading.foans] == [parts[0]]
        assert [(s.key, s.full, s.labelled) for s in reading.serials] == [(str(serial), True, True)]


def test_random_names_hold_few_serial_numbers(profile: Profile) -> None:
    """Among random names fewer than one in a hundred seems to hold a full serial number."""
    generator = random.Random(2)  # noqa: S311 - draws names, not keys
    alphabet = string.ascii_letters + string.digits * 2 + "_- ."
    names = ["".join(generator.choices(alphabet, k=generator.randint(4, 24))) + ".tif" for _ in range(2000)]
    parser = NameParser(profile)
    found = [name for name in names if any(s.full for s in parser.parse(name).file.serials)]
    assert len(found) < len(names) / 100


@pytest.mark.parametrize(
    ("name", "foans"),
    [
        ("13740-K_10000x_04.tif", ["K13740-K"]),
        ("K13740-K_10000x_04.tif", ["K13740-K"]),
        ("K_10000x.tif", []),
        ("K10000x.tif", ["K10000-X"]),
        ("K-10000-X.tif", ["K10000-X"]),
        ("K_13741x.tif", ["K13741-X"]),
    ],
)
def test_a_magnification_is_no_part_of_a_foan(name: str, foans: list[str]) -> None:
    """At a site whose FOANs end with a letter, a round number with its sign stands for itself."""
    settings = load_profile(None).model_dump()
    settings["foan"] = {"pattern": "K{number:5}-{letters:1}"}
    reading = parse_name(name, Profile.model_validate(settings))
    assert [foan.value for foan in reading.file.foans] == foans
