"""Each picture gets its caption, whatever the layout of the page, and running text is none."""

import itertools
import re

import pytest

from data_contracts.records import Box, Word
from fractocurate.reports.caption_texts import is_labelled, without_label
from fractocurate.reports.captions import Caption, find_captions
from fractocurate.reports.lines import Line, group_lines

LINE_PT = 12.0


def text(x: float, y: float, content: str, height: float = 10.0) -> list[Word]:
    """Words of some lines, five points a character, the first line's top at ``y``."""
    words = []
    for number, line in enumerate(content.split("\n")):
        top = y + LINE_PT * number
        words += [
            Word(m[0], Box(x + 5 * m.start(), top, x + 5 * m.end(), top + height), 0.9)
            for m in re.finditer(r"\S+", line)
        ]
    return words


def lines_of(*parts: list[Word]) -> list[Line]:
    """Lines of a page as readers make them: words side by side are one line."""
    return group_lines(list(itertools.chain.from_iterable(parts)))


def is_stating(content: str) -> bool:
    """Stands in for the reading of captions."""
    return re.search(r"\d+x", content) is not None


def captions_of(pictures: list[Box], *parts: list[Word]) -> list[str | None]:
    """Texts of the captions."""
    return [c.text if c else None for c in find_captions(pictures, lines_of(*parts), is_stating)]


TWO = [Box(50, 100, 250, 250), Box(258, 100, 458, 250)]
"""Side by side."""
STACK = [Box(100, 100, 300, 250), Box(100, 300, 300, 450)]
"""One above the other."""


@pytest.mark.parametrize(
    "label", ["Fig. 1:", "Figure 1.", "Abb. 1:", "Abbildung 1", "Bild 1:", "Image 1:", "Flg. 1:", "Ahb. 1:", "(Fig. 1)"]
)
def test_label_in_both_languages_makes_a_caption(label: str) -> None:
    """Slips of OCR in the label do no harm, and what follows the label is the statement."""
    assert is_labelled(f"{label} fracture origin")
    assert without_label(f"{label} fracture origin").strip(" .:)") == "fracture origin"


@pytest.mark.parametrize("sentence", ["Fig. 3 shows the origin", "Abb. 3 zeigt den Ursprung", "Figs. 3 and 4"])
def test_sentence_about_a_figure_is_no_label(sentence: str) -> None:
    """Running text refers to figures."""
    assert not is_labelled(sentence)


@pytest.mark.parametrize("word", ["", "Fig. {}: ", "Abb. {}: "])
def test_captions_side_by_side_are_parted(word: str) -> None:
    """Two captions on one line of the page, as wide as their pictures, eight points apart."""
    left, right = (f"{word.format(n)}FOAN-1, origin of the fracture, 500x"[:40].strip() for n in (1, 2))
    assert captions_of(TWO, text(50, 256, left), text(258, 256, right)) == [left, right]


def test_centred_captions_of_several_lines_stay_with_their_picture() -> None:
    """Lines below each other go on."""
    found = captions_of(
        TWO, text(70, 256, "Fig. 1: fracture surface,\noverview, 50x"), text(280, 256, "Fig. 2: fracture origin,\n500x")
    )
    assert found == ["Fig. 1: fracture surface, overview, 50x", "Fig. 2: fracture origin, 500x"]


def test_layout_of_the_page_decides_whose_a_line_between_two_pictures_is() -> None:
    """A page that sets captions above its pictures does so throughout, and one below does too."""
    first, second = "Fig. 1: overview, 50x", "Fig. 2: origin, 500x"
    assert captions_of(STACK, text(100, 255, first), text(100, 455, second)) == [first, second]
    assert captions_of(STACK, text(100, 85, first), text(100, 285, second)) == [first, second]


@pytest.mark.parametrize("x", [310.0, -30.0])
def test_caption_at_the_side(x: float) -> None:
    """Left or right of its picture."""
    words = "Fig. 1: origin\nof fracture,\nSN 12345, 500x"
    assert captions_of([Box(50, 100, 300, 250)], text(x, 150, words)) == [words.replace("\n", " ")]


def test_common_caption_belongs_to_all_pictures_of_its_row() -> None:
    """One line under two pictures that have none of their own."""
    words = "Fig. 1: FOAN-1, fracture origin and its surroundings, both at 500x"
    assert captions_of(TWO, text(80, 256, words)) == [words, words]


def test_parts_of_a_common_caption_go_to_their_pictures() -> None:
    """a) is the first picture, b) the second; each keeps what is said of both, with and without letters beneath."""
    words = "Fig. 1: FOAN-1, a) overview of the fracture, 50x, b) origin, 500x"
    expected = ["Fig. 1: FOAN-1, a) overview of the fracture, 50x,", "Fig. 1: FOAN-1, b) origin, 500x"]
    assert captions_of(TWO, text(80, 256, words)) == expected
    assert captions_of(TWO, text(140, 254, "a)"), text(350, 254, "b)"), text(80, 272, words)) == expected


def test_common_caption_of_several_rows_needs_as_many_parts() -> None:
    """Four pictures and four parts under them."""
    four = [*TWO, Box(50, 258, 250, 400), Box(258, 258, 458, 400)]
    words = "Fig. 1: a) first, 50x, b) second, 100x,\nc) third, 200x, d) fourth, 500x"
    assert captions_of(four, text(100, 406, words)) == [
        "Fig. 1: a) first, 50x,", "Fig. 1: b) second, 100x,", "Fig. 1: c) third, 200x,", "Fig. 1: d) fourth, 500x"
    ]  # fmt: skip


def test_line_without_word_or_number_is_a_caption_close_beneath_its_picture_only() -> None:
    """``Fracture origin`` right under a picture names it; further away, or in the margin, it is something else."""
    picture = [Box(50, 100, 250, 250)]
    assert captions_of(picture, text(50, 256, "Fracture origin")) == ["Fracture origin"]
    assert captions_of(picture, text(50, 275, "Results")) == [None]
    assert captions_of(picture, text(190, 256, "Results and more of them here")) == [None]


def test_running_text_is_no_caption() -> None:
    """Neither a paragraph about the picture, nor one that begins with its name, nor the next heading."""
    picture = [Box(50, 100, 450, 250)]
    paragraph = (
        "On the part the hackle lines converge at one origin directly below the surface, as the\n"
        "picture at 500x proves. The origin is an agglomerate of about 25 micrometres, which was\n"
        "found before, and is therefore classified as a green body defect without doubt."
    )
    assert captions_of(picture, text(50, 262, paragraph)) == [None]
    assert captions_of(picture, text(50, 262, "Fig. 3 shows the origin at 500x and its hackle lines.")) == [None]


def test_paragraph_below_a_caption_does_not_go_on_from_it() -> None:
    """White space parts them, as it parts paragraphs of the page."""
    paragraph = "The origin is an agglomerate near\nthe surface of the part, which\nwas found before in others."
    found = captions_of([Box(50, 100, 250, 250)], text(50, 256, "Fig. 1: origin, 500x"), text(50, 290, paragraph))
    assert found == ["Fig. 1: origin, 500x"]


def test_lettering_inside_pictures_and_debris_of_ocr_are_left_out() -> None:
    """Words of a data bar, read by OCR, and specks read as low words do not come between picture and caption."""
    caption = text(50, 262, "Fig. 1: origin, 500x")
    debris = [*text(60, 240, "Mag 500x"), *text(60, 252, "nem wo dpm", height=3.0)]
    assert captions_of([Box(50, 100, 250, 250)], debris, caption) == ["Fig. 1: origin, 500x"]


def test_no_line_is_the_caption_of_two_pictures() -> None:
    """Where one caption is missing, the neighbour's is not taken for it."""
    found = captions_of(TWO, text(50, 256, "Fig. 1: overview, 50x"))
    assert found == ["Fig. 1: overview, 50x", None]


def test_confidence_is_that_of_the_least_sure_word() -> None:
    """One doubtful word makes a doubtful caption."""
    doubtful = [Word("500x", Box(100, 256, 120, 266), 0.4)]
    (caption,) = find_captions([Box(50, 100, 250, 250)], lines_of(text(50, 256, "Fig. 1:"), doubtful), is_stating)
    assert isinstance(caption, Caption)
    assert caption.confidence == 0.4
    assert caption.box == Box(50, 256, 120, 266)


def test_page_without_pictures_or_without_text() -> None:
    """Nothing to find is no error."""
    assert captions_of([], text(50, 256, "Fig. 1: origin, 500x")) == []
    assert captions_of(TWO) == [None, None]
