"""Captions state magnification, FOAN and serial number in many notations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.profile import Profile, load_profile
from fractocurate.reports.caption_values import caption_magnification, caption_values
from fractocurate.reports.identify import Identifiers

_THOUSANDS = {"": "", "comma": ",", "point": ".", "blank": " ", "apostrophe": "'"}
_NOTATIONS = (
    "{n}x", "{n} x", "x{n}", "x {n}", "{n}\u00d7", "{n}:1", "{n} : 1", "V = {n}", "V={n}", "V = {n} : 1",
    "Vergrößerung {n}x", "Vergrößerung: {n}", "Vergr. {n}:1", "{n}-fach", "{n}fach", "{n}-fache Vergrößerung",
    "{n}-fold", "magnification {n}x", "Mag. {n} X", "Mag. {n}", "Mag = {n} x",
)  # fmt: skip


@pytest.fixture(scope="module")
def identifiers() -> Identifiers:
    """Grammars of the default profile."""
    return Identifiers(load_profile(None))


def _grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@given(
    number=st.integers(20, 500_000),
    mark=st.sampled_from(sorted(_THOUSANDS.values())),
    notation=st.sampled_from(_NOTATIONS),
    before=st.sampled_from(
        ["Fig. 3: fracture origin, ", "Abb. 12: Bruchursprung (", "", "Bild 3 ", "Detail, SE, 15 kV, "]
    ),
    after=st.sampled_from(["", ", SE", ")", ".", ", 15 kV"]),
)
def test_every_notation_of_a_magnification_is_read(
    number: int, mark: str, notation: str, before: str, after: str, identifiers: Identifiers
) -> None:
    """What was written comes out, in both languages, with every mark of thousands, whatever stands beside it."""
    text = before + notation.format(n=_grouped(number, mark)) + after
    assert caption_values(text, identifiers).magnification == number


@given(kilo=st.integers(1, 400), tenth=st.integers(0, 9), mark=st.sampled_from([".", ","]))
def test_thousands_may_be_a_letter(kilo: int, tenth: int, mark: str) -> None:
    """``2.5 kX`` and ``2,5kx`` are 2500."""
    number = kilo * 1000 + tenth * 100
    for notation in ("Mag. {} kX", "{}kx", "{} KX", "V = {}k"):
        assert caption_magnification(notation.format(f"{kilo}{mark}{tenth}")) == number


@pytest.mark.parametrize(
    "text",
    [
        "Fig. 3: fracture origin",
        "Abb. 500: Bruchursprung",
        "Fig. 2: specimen of 10 x 15 mm",
        "Fig. 4: V = 15 kV, SE",
        "Fig. 4: U = 20.0 kV, WD 12 mm",
        "Fig. 1: overview 50x and origin 500x",
        "scale bar 100 \u00b5m",
        "Fig. 1: fracture load 77.1 kN",
    ],
)
def test_no_magnification_is_read_from_other_numbers(text: str, identifiers: Identifiers) -> None:
    """Numbers of figures, sizes and voltages, and two magnifications of which none is the picture's, are none."""
    assert caption_values(text, identifiers).magnification is None


@pytest.mark.parametrize(
    ("text", "foan", "serial", "magnification"),
    [
        ("Fig. 1: FOAN-2021-0417, origin, 500x", "FOAN-2021-0417", None, 500.0),
        ("Fig. 1: Origin (SN 743970), magnification 500x, SE", None, "743970", 500.0),
        ("Fig. 1: Origin (743970), magnification 500x, SE", None, "743970", 500.0),
        ("Abb. 2: 743970, Bruchursprung, V = 10000 : 1", None, "743970", 10000.0),
        ("Abb. 2: Bruchursprung, V = 10000", None, None, 10000.0),
        ("Abb. 2: Bruchursprung, Vergrößerung: 10000", None, None, 10000.0),
        ("Fig. 3 SN 743970 500x", None, "743970", 500.0),
        ("Fig. 3 500x", None, None, 500.0),
        ("Fig. 3 x500", None, None, 500.0),
        ("SEM image 500x", None, None, 500.0),
        ("Bild 500 x", None, None, 500.0),
        ("Fig. 3-2a: detail of Fig. 2, 500x", None, None, 500.0),
        ("Fig. 1: FOAN-2021-0417 and FOAN-2021-0418, 50x", None, None, 50.0),
        ("Fig. 1: SN 743970 and SN 743971", None, None, None),
        ("FOAN 2021/0417 SN 743970 50x", "FOAN-2021-0417", "743970", 50.0),
        ("", None, None, None),
    ],
)
def test_identifiers_are_read_beside_the_magnification(
    text: str, foan: str | None, serial: str | None, magnification: float | None, identifiers: Identifiers
) -> None:
    """None is taken for another, and of several none is chosen."""
    values = caption_values(text, identifiers)
    assert (values.foan, values.serial_number, values.magnification) == (foan, serial, magnification)
    assert values.is_empty == (foan is serial is magnification is None)


def test_grammar_comes_from_the_profile(other_site: Profile) -> None:
    """Another site writes other identifiers."""
    values = caption_values("Bild 1: BR/2021/00417, Teil-ID AB123456, 500-fach", Identifiers(other_site))
    assert (values.foan, values.serial_number, values.magnification) == ("BR/2021/00417", "AB123456", 500.0)
