"""Boxes to tick that are drawn."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from fractocurate.reports.pages import TextLayer, read_text_layer

LABELS = ("green body", "hard machining", "material")
Draw = Callable[[Canvas, float, float], None]


def layer_of(path: Path, draw: Callable[[Canvas], None]) -> TextLayer:
    """Text layer of a page with enough text to be trusted."""
    canvas = Canvas(str(path), pagesize=(600, 800))
    canvas.setFont("Helvetica", 10)
    canvas.drawString(50, 760, "The parts named below broke in the proof test and were examined in the microscope.")
    draw(canvas)
    canvas.save()
    document = pdfium.PdfDocument(path)
    page = document[0]
    layer = read_text_layer(page, frozenset())
    page.close()
    document.close()
    return layer


def square(canvas: Canvas, x: float, y: float) -> None:
    """As one path."""
    canvas.rect(x, y, 9, 9)


def four_lines(canvas: Canvas, x: float, y: float) -> None:
    """As four paths."""
    canvas.lines([(x, y, x + 9, y), (x, y + 9, x + 9, y + 9)])
    canvas.line(x, y, x, y + 9)
    canvas.line(x + 9, y, x + 9, y + 9)


def cross(canvas: Canvas, x: float, y: float) -> None:
    """Two strokes."""
    canvas.line(x + 1, y + 1, x + 8, y + 8)
    canvas.line(x + 1, y + 8, x + 8, y + 1)


def tick(canvas: Canvas, x: float, y: float) -> None:
    """A hand's tick that leaves its box."""
    path = canvas.beginPath()
    path.moveTo(x + 1, y + 5)
    path.lineTo(x + 4, y + 1)
    path.lineTo(x + 11, y + 11)
    canvas.drawPath(path)


def letter(canvas: Canvas, x: float, y: float) -> None:
    """A printed x."""
    canvas.drawString(x + 2, y + 1.5, "x")


def core(canvas: Canvas, x: float, y: float) -> None:
    """A smaller black square."""
    canvas.rect(x + 2, y + 2, 5, 5, stroke=0, fill=1)


@pytest.mark.parametrize("box", [square, four_lines], ids=["a rectangle", "four lines"])
@pytest.mark.parametrize("mark", [cross, tick, letter, core], ids=["cross", "tick", "letter", "core"])
def test_a_drawn_box_is_a_word_that_says_whether_it_is_ticked(tmp_path: Path, box: Draw, mark: Draw) -> None:
    """In the place of the box; its edges are no rulings of a table."""

    def draw(canvas: Canvas) -> None:
        for k, label in enumerate(LABELS):
            box(canvas, 50 + 120 * k, 700)
            canvas.drawString(64 + 120 * k, 701, label)
        mark(canvas, 170, 700)

    layer = layer_of(tmp_path / "a.pdf", draw)
    words = sorted((w for w in layer.words if w.box.top > 80), key=lambda w: w.box.left)
    assert [w.text for w in words] == ["☐", "green", "body", "☒", "hard", "machining", "☐", "material"]
    assert [round(w.box.left) for w in words if w.text in "☐☒"] == [50, 170, 290]
    assert layer.rulings == ()


def test_other_squares_are_left_alone(tmp_path: Path) -> None:
    """Cells of a grid, numbered squares, and squares without a label."""

    def draw(canvas: Canvas) -> None:
        for k in range(3):
            canvas.rect(50 + 12 * k, 700, 12, 12)
        canvas.drawString(90, 702, "a grid")
        canvas.rect(50, 600, 12, 12)
        canvas.drawString(53, 603, "7")
        canvas.drawString(66, 603, "a number")
        canvas.rect(300, 500, 12, 12)

    layer = layer_of(tmp_path / "a.pdf", draw)
    assert not [w.text for w in layer.words if w.text in "☐☒■"]
