"""Layout families in which each fracture is a section, a form to be filled in, a mail's paragraph or a slide."""

import numpy as np

from hard_reports import words
from hard_reports.content import CLASSES, Draft, Fracture
from hard_reports.layout_grids import is_foreign, one_language
from hard_reports.sheet import Line, width_of, wrap
from hard_reports.tables import Look, draw_table
from hard_reports.writer import GREY, Writer

_STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("D1 Team", ""),
        ("D2 Problem description", ""),
        ("D3 Containment", "The lot was blocked and its parts were sorted."),
        ("D4 Root cause analysis", ""),
        ("D5 Corrective action", "Action to be agreed upon with production."),
        ("D6 Verification", "Open; next proof test in the coming quarter."),
    ),
    "de": (
        ("D1 Team", ""),
        ("D2 Problembeschreibung", ""),
        ("D3 Sofortmaßnahme", "Das Los wurde gesperrt, die Teile wurden sortiert."),
        ("D4 Ursachenanalyse", ""),
        ("D5 Abstellmaßnahme", "Maßnahme wird mit der Fertigung abgestimmt."),
        ("D6 Wirksamkeit", "Offen; nächste Überlastprüfung im kommenden Quartal."),
    ),
}


def _pairs(draft: Draft, fracture: Fracture, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(draft.label(f), fracture.printed.get(f, "")) for f in draft.fields if f not in without]


def eight_d(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A sheet of the 8D method: the part stands under D2, the cause under D4."""
    fracture = draft.fractures[0]
    why = ("defect_class", "sub_type")
    what = tuple(f for f in draft.fields if f not in why)
    rows = []
    for title, text in _STEPS[draft.base]:
        entries = {
            "D1": [("", draft.author)],
            "D2": _pairs(draft, fracture, why),
            "D4": _pairs(draft, fracture, what),
        }.get(title[:2], [("", text)])
        rows.append([title, "\n".join(f"{k}: {v}" if k else v for k, v in entries)])
    rules = str(rng.choice(["grid", "rows"]))
    pages = draw_table(writer, rows, Look(rules=rules, header_rows=0, pad_x=7, pad_y=5, size=9.5, stretch=False))
    fracture.page = pages[1]


def checkbox_form(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A form on which one cause out of a list is ticked."""
    ticked, empty = (("[X]", "[ ]"), ("[x]", "[ ]"), ("(X)", "( )"))[int(rng.integers(0, 3))]
    n_columns = int(rng.integers(1, 3))
    order = [str(c) for c in rng.permutation(CLASSES[:3])] + ["unknown"]
    texts = {c: str(rng.choice(words.CAUSES[draft.base][c])) for c in CLASSES}
    for fracture in draft.fractures:
        writer.need((len(draft.fields) + 7) * 1.6 * writer.size)
        top = writer.y
        writer.rule(width=0.7)
        fracture.page = writer.page
        writer.pairs(_pairs(draft, fracture, ("defect_class", "sub_type")))
        writer.gap(4)
        writer.line(draft.labels["defect_class"] + ":", bold=True)
        foreign = is_foreign(draft, fracture)
        options = []
        for kind in order:
            hit = kind == fracture.defect_class and not foreign
            options.append(f"{ticked if hit else empty} {fracture.printed['defect_class'] if hit else texts[kind]}")
        other = "Sonstiges:" if draft.base == "de" else "other:"
        options.append(f"{ticked} {other} {fracture.printed['defect_class']}" if foreign else f"{empty} {other} ______")
        for k in range(0, len(options), n_columns):
            writer.y += 1.2 * writer.size
            for column, option in enumerate(options[k : k + n_columns]):
                writer.put(writer.left + 12 + column * 0.5 * writer.text_width, writer.y, option)
            writer.y += 0.4 * writer.size
        if "sub_type" in draft.fields:
            writer.gap(3)
            writer.pairs([(draft.labels["sub_type"], fracture.printed["sub_type"])])
        writer.sheets[-1].table_boxes.append((writer.left - 3, top - 2, writer.right + 3, writer.y + 3))
        writer.gap(10)


def bullets(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Numbered chapters headed by the serial number, each with a list of points."""
    point = str(rng.choice(["\u2022", "\u2013", "\u00b7"]))
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need((len(draft.fields) + 2) * 1.6 * writer.size)
        serial, top = fracture.printed["serial_number"], writer.y
        writer.line(f"3.{number}   {draft.labels['serial_number']} {serial}", bold=True, size=writer.size + 1)
        fracture.page = writer.page
        for key, value in _pairs(draft, fracture, ("serial_number",)):
            writer.y += 1.15 * writer.size
            writer.put(writer.left + 18, writer.y, point)
            writer.put(writer.left + 32, writer.y, f"{key}: {value}")
            writer.y += 0.4 * writer.size
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 2))
        writer.gap(9)


def run_in_labels(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """One paragraph for each fracture, in which labels and values follow each other."""
    stop = str(rng.choice(["; ", ". ", " | "]))
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(60)
        text = stop.join(f"{k}: {v}" for k, v in _pairs(draft, fracture))
        writer.put(writer.left, writer.y + writer.size, f"{number})")
        fracture.page = writer.page
        writer.paragraph(text, left=writer.left + 20, width=writer.text_width - 20)
        writer.gap(7)


def label_below(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A form with lines to write on: the value stands on the line, its label in small print below the line."""
    n_columns, small = int(rng.integers(2, 4)), 7.0
    gap, step = 14.0, 36.0
    width = (writer.text_width - (n_columns - 1) * gap) / n_columns
    for fracture in draft.fractures:
        entries = _pairs(draft, fracture)
        n_lines = -(-len(entries) // n_columns)
        writer.need(n_lines * step + 20)
        top = writer.y
        for k, (label, value) in enumerate(entries):
            left = writer.left + k % n_columns * (width + gap)
            y = top + 16 + k // n_columns * step
            fits = min(writer.size, writer.size * (width - 6) / max(1.0, width_of(value, writer.regular, writer.size)))
            writer.put(left + 3, y, value, size=fits)
            writer.add(Line(left, y + 4, left + width, y + 4, 0.6))
            fits = min(small, small * width / width_of(label, writer.regular, small))
            writer.put(left, y + 12, label, size=fits)
        fracture.page = writer.page
        writer.y = top + n_lines * step
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y))
        writer.gap(6)
        if fracture is not draft.fractures[-1]:
            writer.line("* * *", align="centre")


def certificate(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A certificate: framed, everything centred, each label small above its value."""
    fracture = draft.fractures[0]
    writer.need(len(draft.fields) * 3.1 * writer.size + 40)
    top = writer.y
    colour = GREY if rng.random() < 0.4 else (0.0, 0.0, 0.0)
    middle = (writer.left + writer.right) / 2
    writer.gap(12)
    for label, value in _pairs(draft, fracture):
        writer.y += 0.95 * writer.size
        writer.put(middle, writer.y, label, size=0.8 * writer.size, align="centre", colour=colour)
        writer.y += 1.35 * writer.size
        writer.put(middle, writer.y, value, size=1.15 * writer.size, bold=True, align="centre")
        writer.y += 0.75 * writer.size
    writer.gap(6)
    for inset in (0.0, 3.0):
        writer.frame((writer.left + inset, top + inset, writer.right - inset, writer.y - inset), width=0.7)
    writer.sheets[-1].table_boxes.append((writer.left - 3, top - 3, writer.right + 3, writer.y + 3))
    fracture.page = writer.page


def mail(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The answer to a mail, typed by hand, above the question."""
    german, names = draft.base == "de", {f: one_language(draft, draft.labels[f]) for f in draft.labels}
    colon = ":" if rng.random() < 0.6 else ""
    writer.face = "courier" if rng.random() < 0.6 else writer.face
    writer.line("Hallo zusammen," if german else "Hi all,")
    writer.gap(5)
    writer.paragraph("hier unsere Ergebnisse:" if german else "please find our results below.")
    writer.gap(5)
    for number, fracture in enumerate(draft.fractures, start=1):
        p = fracture.printed
        writer.need(6 * 1.6 * writer.size)
        serial, foan = p["serial_number"], p["foan"]
        fracture.page = writer.page
        writer.line(f"{number}. {names['serial_number']}{colon} {serial} ({names['foan']}{colon} {foan})")
        sub = f", {p['sub_type']}" if fracture.sub_type and "sub_type" in p else ""
        if not sub:
            p.pop("sub_type", None)
        load = p.get("fracture_load_kn", "")
        if any(c.isdigit() for c in load):
            unit = "" if draft.unit_place == "cell" else f" {draft.unit}"
            writer.line(f"   {names['fracture_load_kn']}: {load}{unit}")
        else:
            p.pop("fracture_load_kn", None)
        if "(" in p["defect_class"]:
            writer.line(f"   {names['defect_class']}: {p['defect_class']}")
        else:
            writer.line(f"   {names['defect_class']}: {p['defect_class']}{f' ({sub[2:]})' if sub else ''}")
        writer.gap(4)
    writer.line("Mit freundlichen Grüßen" if german else "Best regards,")
    writer.line(draft.author)
    writer.gap(8)
    listed = ", ".join(f.printed["serial_number"] for f in draft.fractures)
    asked = f"Bitte nennt uns die Ursachen zu {listed}. Danke!" if german else f"Could you tell us why {listed} broke?"
    for text in wrap(asked, writer.regular, writer.size, writer.text_width - 24):
        writer.line(f"> {text}")


def slides(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A slide for each fracture, in large type."""
    bar = rng.random() < 0.5
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.new_page()
        word, of = ("Bruch", "von") if draft.base == "de" else ("Fracture", "of")
        writer.line(f"{word} {number} {of} {len(draft.fractures)}", bold=True, size=26)
        if bar:
            writer.rule(width=3)
        writer.gap(14)
        top = writer.y
        for key, value in _pairs(draft, fracture):
            writer.y += 1.3 * writer.size
            writer.put(writer.left + 8, writer.y, "\u2022")
            start = writer.left + 28
            writer.put(start, writer.y, f"{key}:")
            behind = start + width_of(f"{key}:  ", writer.regular, writer.size)
            writer.put(behind, writer.y, value, bold=True)
            writer.y += 0.6 * writer.size
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        fracture.page = writer.page
