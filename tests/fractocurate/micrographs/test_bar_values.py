"""The words of a bar become values: by their signs, their neighbours and their columns."""

from data_contracts.records import Box, Word
from fractocurate.micrographs.bar_text import BarText, lines_of
from fractocurate.micrographs.bar_values import agreed_readings, field_width_reading, magnification_readings
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.scale_bar import ScaleBar
from fractocurate.micrographs.scale_labels import scale_label


def bar_text(*words: tuple[float, float, str]) -> BarText:
    """Words of 10 px height and 6 px per letter at their places."""
    return BarText(lines_of([Word(t, Box(x, y, x + 6 * len(t), y + 10), 0.9) for x, y, t in words]))


def bar_at(left: int, top: int, length: int) -> ScaleBar:
    """A drawn block."""
    box = PixelBox(left, top, left + length, top + 3)
    return ScaleBar(box, float(length), is_ruler=False, parts=(box,))


def test_label_is_the_length_beside_the_bar() -> None:
    """Working distance and field width on the same line are not taken for it."""
    text = bar_text(
        (10, 20, "WD"),
        (30, 20, "8.0"),
        (52, 20, "mm"),
        (200, 20, "10"),
        (216, 20, "um"),
        (400, 20, "HFW"),
        (422, 20, "2"),
        (432, 20, "mm"),
    )
    label = scale_label(text, [bar_at(190, 10, 80)])
    assert label is not None
    assert label.length_nm == 10_000
    assert scale_label(text, [bar_at(430, 300, 80)]) is None


def test_misread_micro_signs_beside_a_bar_are_repaired() -> None:
    """``Tum`` is 1 µm and ``104um`` is 10 µm."""
    for printed, value in (("Tum", 1_000), ("104um", 10_000), ("10zm", 10_000), ("Imm", 1_000_000)):
        label = scale_label(bar_text((200, 20, printed)), [bar_at(195, 10, 80)])
        assert label is not None
        assert label.length_nm == value


def test_values_stand_under_their_headers() -> None:
    """A table of headers and values: the width of the field is the value in its column."""
    text = bar_text(
        (10, 10, "HV"),
        (80, 10, "mag"),
        (150, 10, "HFW"),
        (5, 25, "15.0"),
        (31, 25, "kV"),
        (76, 25, "500"),
        (98, 25, "x"),
        (142, 25, "5.97"),
        (170, 25, "mm"),
    )
    width = field_width_reading(text)
    assert width is not None
    assert float(width.value or 0) == 5.97e6
    assert [r.value for r in magnification_readings(text)] == ["500"]


def test_lost_decimal_points_are_not_believed() -> None:
    """``500 K X`` and ``597 mm`` are kept, with a confidence that decides nothing."""
    (magnification,) = magnification_readings(bar_text((10, 10, "Mag"), (30, 10, "="), (40, 10, "500"), (60, 10, "KX")))
    assert magnification.confidence < 0.5
    width = field_width_reading(bar_text((10, 10, "HFW"), (30, 10, "597"), (50, 10, "mm")))
    assert width is not None
    assert width.confidence < 0.5


def test_misread_digits_behind_a_keyword_are_repaired_and_noted() -> None:
    """``SOX`` behind ``Mag =`` is 50X."""
    (reading,) = magnification_readings(bar_text((10, 10, "Mag"), (30, 10, "="), (40, 10, "SOX")))
    assert reading.value == "50"
    assert "repaired" in reading.note


def test_unit_that_stands_apart_or_lower_belongs_to_its_number() -> None:
    """A typewriter blank, and a unit whose box begins lower than that of the number."""
    for unit in ((222, 20, "um"), (218, 23, "um")):
        label = scale_label(bar_text((200, 20, "20"), unit, (400, 20, "Mag"), (425, 20, "500X")), [bar_at(195, 10, 80)])
        assert label is not None
        assert label.length_nm == 20_000


def test_looks_that_contradict_each_other_decide_nothing() -> None:
    """``X10`` and ``X10,000`` at half their confidence; a value that only one look has keeps it."""
    one = magnification_readings(bar_text((10, 10, "X10")))
    other = magnification_readings(bar_text((10, 10, "X10,000")))
    assert all(r.confidence < 0.5 for r in agreed_readings(one, other))
    assert agreed_readings(one, []) == one


def test_columns_close_to_each_other_are_told_apart() -> None:
    """Values wider than their headers, less than a letter apart: each belongs to the nearest header."""
    text = bar_text(
        (20, 10, "HV"), (70, 10, "mag"), (120, 10, "HFW"),
        (5, 25, "10.00"), (38, 25, "kV"), (60, 25, "2000x"), (100, 25, "149um"),
    )  # fmt: skip
    assert [r.value for r in magnification_readings(text)] == ["2000"]


def test_a_hairline_under_some_letters_is_no_scale_bar() -> None:
    """The rim of a label's own letters, and strokes shorter than letters are high."""
    text = bar_text((200, 20, "500"), (222, 20, "nm"))
    for left, top, length in ((222, 29, 12), (205, 24, 20)):
        box = PixelBox(left, top, left + length, top + 1)
        assert scale_label(text, [ScaleBar(box, float(length), is_ruler=False, parts=(box,))]) is None
    assert scale_label(text, [bar_at(190, 36, 60)]) is not None


def test_magnification_that_lost_its_k_is_not_believed() -> None:
    """``x10.0`` is as likely ten thousand, even where two looks agree; ``x10.0k`` and ``37.5 x`` are what they say."""
    for printed, value, is_sure in (("x10.0", "10", False), ("x10.0k", "10000", True), ("37.5x", "37.5", True)):
        once = magnification_readings(bar_text((10, 20, printed)))
        twice = agreed_readings(once, once)
        assert [r.value for r in twice] == [value]
        assert (twice[0].confidence >= 0.5) is is_sure


def test_a_stroke_within_another_word_is_no_scale_bar() -> None:
    """The joined feet of ``11.1mm`` lie nearer to the label above than the bar does."""
    words = (Word("10um", Box(200, 5, 262, 20), 0.9), Word("11.1mm", Box(190, 32, 274, 46), 0.9))
    feet, drawn = PixelBox(240, 44, 274, 46), PixelBox(10, 3, 48, 18)
    bars = [ScaleBar(box, float(box.width), is_ruler=False, parts=(box,)) for box in (feet, drawn)]
    found = scale_label(BarText(lines_of([*words, Word("WD", Box(150, 32, 180, 46), 0.9)])), bars)
    assert found is not None
    assert found.bar.box == drawn


def test_a_pictogram_against_the_magnification_is_passed_over() -> None:
    """A camera before ``x550`` reads as a bracket and digits; brackets elsewhere make no magnification."""
    assert [r.value for r in magnification_readings(bar_text((10, 10, "[861x550")))] == ["550"]
    assert magnification_readings(bar_text((10, 10, "[861x550]"))) == []
    assert magnification_readings(bar_text((10, 10, "A[86x300"))) == []
