"""Ruled tables with a key in the first cell of each row, whose values take several lines."""

from data_contracts.records import Box, Word
from fractocurate.profile import Profile
from fractocurate.reports.key_grids import find_key_grids
from fractocurate.reports.lines import Ruling, group_lines
from fractocurate.reports.vocabulary import Vocabulary

EDGES_X = (50.0, 200.0, 500.0)
ROW_PT = 40.0
ROWS = (
    ("Complaint no.", ("RMA-41867",)),
    ("FOAN", ("FOAN-2021-0117",)),
    ("Serial no.", ("512345",)),
    ("Root cause", ("SEM shows a grinding damage (grinding crack)", "as the fracture origin.")),
    ("Fracture load", ("61.2 kN",)),
)


def _words(text: str, left: float, middle: float) -> list[Word]:
    return [
        Word(t, Box(left + 45.0 * k, middle - 4, left + 45.0 * k + 40, middle + 4), 1.0)
        for k, t in enumerate(text.split())
    ]


def _page(*, inner: bool = True) -> tuple[list[Word], list[Ruling]]:
    words: list[Word] = []
    for number, (key, values) in enumerate(ROWS):
        middle = ROW_PT * number + ROW_PT / 2
        words += _words(key, 55, middle)
        for k, value in enumerate(values):
            # A value of two lines stands above and below the middle of its row.
            words += _words(value, 205, middle + (14 * k - 7 * (len(values) - 1)))
    bottom = ROW_PT * len(ROWS)
    rulings = [Ruling(50, ROW_PT * k, 500, ROW_PT * k) for k in range(len(ROWS) + 1)] if inner else []
    return words, [*rulings, *(Ruling(x, 0, x, bottom) for x in EDGES_X)]


def test_all_lines_of_a_row_are_its_value(profile: Profile) -> None:
    """Also the one above the key; what is no key of a fracture is left out, and no line of the grid is left over."""
    words, rulings = _page()
    lines = group_lines(words)
    pairs, used = find_key_grids(1, lines, rulings, Vocabulary(profile))
    assert {p.name: p.text for p in pairs} == {
        "foan": "FOAN-2021-0117",
        "serial_number": "512345",
        "defect_class": "SEM shows a grinding damage (grinding crack) as the fracture origin.",
        "fracture_load_kn": "61.2 kN",
    }
    assert used == set(range(len(lines)))


def test_without_rulings_between_the_rows_there_is_no_grid(profile: Profile) -> None:
    """Nothing tells which lines belong together."""
    words, rulings = _page(inner=False)
    assert find_key_grids(1, group_lines(words), rulings, Vocabulary(profile)) == ([], set())
