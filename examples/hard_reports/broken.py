"""Files that hold no fracture, or are no readable PDF: each must become a failure with its reason."""

import io

import numpy as np
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from hard_reports.paint import new_canvas


def broken_files(sample: bytes, rng: np.random.Generator) -> list[tuple[str, str, bytes]]:
    """Name, expected reason and bytes of each file.

    Args:
        sample: a good report, to be cut off.
        rng: decides where.
    """
    return [
        ("calibration.pdf", "no_instances", _certificate()),
        ("locked.pdf", "encrypted", _encrypted()),
        ("cut_off.pdf", "truncated", sample[: int(len(sample) * rng.uniform(0.3, 0.6))]),
        ("nothing.pdf", "empty_file", b""),
        ("minutes.pdf", "not_a_pdf", b"Minutes of the meeting of 4 March: the copier is out of order again.\n" * 40),
        ("blank.pdf", "no_text", _blank()),
    ]


def _certificate() -> bytes:
    """Text, dates and numbers, but no fracture."""
    buffer = io.BytesIO()
    canvas = new_canvas(buffer, 595, 842)
    lines = (
        "Kalibrierschein 4417-0921", "", "Gegenstand: Kraftaufnehmer U3, 20 kN", "Hersteller: Beispiel Messtechnik",
        "Datum der Kalibrierung: 14.09.2021", "Umgebungstemperatur: 22,4 °C", "", "Nennkraft  Anzeige  Abweichung",
        "2,0 kN     2,003 kN   0,15 %", "10,0 kN    10,012 kN  0,12 %", "20,0 kN    20,021 kN  0,11 %",
    )  # fmt: skip
    for number, line in enumerate(lines):
        canvas.drawString(60, 760 - 18 * number, line)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _encrypted() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer, pagesize=(595, 842), invariant=1, encrypt=StandardEncryption("geheim", ownerPassword="x", strength=128)
    )
    canvas.drawString(60, 760, "Bericht zur Bruchanalyse")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _blank() -> bytes:
    buffer = io.BytesIO()
    canvas = new_canvas(buffer, 595, 842)
    for _ in range(2):
        canvas.setLineWidth(0.3)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
