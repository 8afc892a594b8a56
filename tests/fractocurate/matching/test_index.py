"""The closest FOANs, and what the archive knows."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.index import InstanceIndex, KnownFoans, nearest_foans, witnesses_of
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile, load_profile

_KEYS = st.text("01234", min_size=7, max_size=9).map("FOAN".__add__)


def _distance(a: str, b: str) -> int:
    """Levenshtein distance by the recurrence that defines it."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row, above = [i], row
        for j, y in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
    return row[-1]


@given(st.sets(_KEYS, min_size=1, max_size=25), st.sets(_KEYS, min_size=1, max_size=5))
def test_the_closest_foan_is_that_of_brute_force(known: set[str], readings: set[str]) -> None:
    """Every FOAN at or above the threshold is found, the best first, with its exact similarity."""
    nearest = nearest_foans(readings, {key: key for key in known}, 0.8)
    for reading in readings:
        similarity = {key: 1 - _distance(reading, key) / max(len(reading), len(key)) for key in known}
        wanted = sorted((-s, key) for key, s in similarity.items() if s >= 0.8 - 1e-9)
        found = [(near.foan, near.similarity) for near in nearest[reading] if near.similarity >= 0.8 - 1e-9]
        assert [foan for foan, _ in found] == [key for _, key in wanted]
        assert all(abs(s - similarity[foan]) < 1e-12 for foan, s in found)


def test_nothing_is_near_where_no_foan_is_known() -> None:
    """An archive without reports is no error."""
    assert nearest_foans(["FOAN2021417"], {}, 0.9) == {"FOAN2021417": ()}


def test_similarities_are_those_of_rapidfuzz() -> None:
    """Neighbours in a sequence have the similarity that the issue of false links rests on."""
    (near,) = nearest_foans(["FOAN20210417"], {"FOAN20210418": "FOAN-2021-0418"}, 0.9)["FOAN20210417"]
    assert near.similarity == Levenshtein.normalized_similarity("FOAN20210417", "FOAN20210418") == 1 - 1 / 12


def test_testimony_of_other_names(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]
) -> None:
    """A FOAN is attested by reports, folders, and by files without the serial number in question."""
    images = [image("FOAN-2021-0001 SN123456.tif"), image("FOAN-2021-0002/x.tif"), image("2021_0405.tif")]
    parser = NameParser(profile)
    index = InstanceIndex([instance("FOAN-2021-0003", "123456")], profile)
    known = KnownFoans({i.path: witnesses_of(i, parser) for i in images}, images, index)
    assert known.has("FOAN-2021-0001")
    assert not known.has("FOAN-2021-0405")  # rather a date
    assert not known.is_attested_apart_from("FOAN-2021-0001", "123456")
    assert known.is_attested_apart_from("FOAN-2021-0001", "999999")
    assert known.is_attested_apart_from("FOAN-2021-0002", "123456")
    assert known.is_attested_apart_from("FOAN-2021-0003", "123456")


_PROFILE = load_profile(None)
_PARSER = NameParser(_PROFILE)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sets(st.sampled_from(("111111", "222222")))), max_size=4))
def test_few_facts_answer_as_the_whole_list_would(files: list[tuple[str, set[str]]]) -> None:
    """Which bytes state a FOAN and with which serial numbers: a search of all files is the oracle."""
    parser, index = _PARSER, InstanceIndex([], _PROFILE)
    images = [
        ImageEvidence(
            f"{n}.tif", sha256, parser.parse(" ".join(["FOAN-2021-0001", *(f"SN{s}" for s in sorted(serials))]))
        )
        for n, (sha256, serials) in enumerate(files)
    ]
    known = KnownFoans({i.path: witnesses_of(i, parser) for i in images}, images, index)
    for own in "abc":
        assert known.is_attested_by_others("FOAN-2021-0001", own) is any(sha256 != own for sha256, _ in files)
    for serial in ("111111", "222222", "333333"):
        expected = any(serial not in serials for _, serials in files)
        assert known.is_attested_apart_from("FOAN-2021-0001", serial) is expected


def test_letters_make_a_bare_serial_number_telling(instance: Callable[..., Instance]) -> None:
    """Many serial numbers of five digits are hit by chance; two letters before them are not."""
    for pattern, is_telling in (("{number:5}", False), ("{letters:2}{number:5}", True)):
        settings = load_profile(None).model_dump()
        settings["serial_number"] = {"pattern": pattern}
        profile = Profile.model_validate(settings)
        serials = [f"{'SK' if is_telling else ''}{10_000 + 3 * n}" for n in range(1500)]
        index = InstanceIndex([instance(f"FOAN-2021-{n:04d}", s) for n, s in enumerate(serials)], profile)
        assert index.is_telling(serials[0]) is is_telling
