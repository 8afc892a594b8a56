"""Layout families that systems and templates print: exports, codes with a legend, yes and no, boxes of a template."""

import numpy as np

from hard_reports import words
from hard_reports.content import CLASSES, Draft
from hard_reports.layout_grids import is_foreign, one_language
from hard_reports.sheet import width_of, wrap
from hard_reports.tables import Look, draw_table
from hard_reports.writer import GREY, Writer

_METHODS = {"fracture_load_kn": "DIN EN 843-1", "defect_class": "DIN EN 843-6", "sub_type": "DIN EN 843-6"}


def _digits(load: str) -> str:
    """The number of a load without its unit."""
    return load.replace("kN", "").replace("N", "").strip()


def lims_export(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The print of a laboratory system: one line for each parameter, with its result, unit and method."""
    german = draft.base == "de"
    heads = ["Parameter", "Ergebnis", "Einheit", "Verfahren"] if german else ["Parameter", "Result", "Unit", "Method"]
    rules = str(rng.choice(["rows", "grid", "none"]))
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need((len(draft.fields) + 4) * 1.7 * writer.size)
        writer.line(f"{'Auftragsposition' if german else 'Order item'} {number}", bold=True)
        rows = [heads]
        for field in draft.fields:
            value = fracture.printed.get(field, "")
            has_load = field == "fracture_load_kn" and any(c.isdigit() for c in value)
            rows.append(
                [draft.labels[field], _digits(value) if has_load else value, draft.unit if has_load else "",
                 _METHODS.get(field, "")]
            )  # fmt: skip
        pages = draw_table(writer, rows, Look(rules=rules, pad_x=6, size=min(9.5, writer.size), stretch=True))
        fracture.page = pages[1]
        writer.gap(12)


def coded_cause(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table in which letters or digits stand for the causes, and a legend that says what they mean."""
    codes = (("G", "H", "M", "U"), ("1", "2", "3", "0"), ("GK", "HB", "WF", "XX"))[int(rng.integers(0, 3))]
    kinds = ("green_body", "hard_machining", "material", "unknown")
    texts = {kind: str(rng.choice(words.CAUSES[draft.base][kind])) for kind in kinds}
    rows = [[draft.label(f) for f in draft.fields]]
    for fracture in draft.fractures:
        p = dict(fracture.printed)
        if not is_foreign(draft, fracture):
            p["defect_class"] = codes[kinds.index(fracture.defect_class)]
            if "(" in fracture.printed["defect_class"]:
                fracture.sub_type = ""
                fracture.printed["defect_class"] = fracture.printed["defect_class"].split(" (")[0]
        rows.append([p.get(f, "") for f in draft.fields])
    look = Look(rules=str(rng.choice(["grid", "ends", "rows"])), pad_x=6, header_fill=(0.9, 0.9, 0.9))
    pages = draw_table(writer, rows, look)
    for fracture, page in zip(draft.fractures, pages[1:], strict=True):
        fracture.page = page
    writer.gap(5)
    joint = str(rng.choice([" = ", ": ", " \u2013 "]))
    legend = [f"{code}{joint}{texts[kind]}" for code, kind in zip(codes, kinds, strict=True)]
    title = "Legende" if draft.base == "de" else "Key"
    if rng.random() < 0.6:
        writer.paragraph(f"{title}: {'; '.join(legend)}", size=min(8.5, writer.size))
    else:
        writer.line(f"{title}:", size=min(8.5, writer.size))
        for entry in legend:
            writer.line(entry, size=min(8.5, writer.size))


def yes_no_list(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A list of all causes, each answered with yes or no."""
    german = draft.base == "de"
    yes, no = ("ja", "nein") if german else ("yes", "no")
    for fracture in draft.fractures:
        entries = [(draft.label(f), fracture.printed.get(f, "")) for f in draft.fields if f != "defect_class"]
        writer.need((len(entries) + 8) * 1.6 * writer.size)
        top = writer.y
        writer.pairs(entries)
        fracture.page = writer.page
        if "(" in fracture.printed["defect_class"] and "sub_type" not in draft.fields:
            fracture.sub_type = ""
        writer.line(draft.labels["defect_class"] + ":", bold=True)
        foreign = is_foreign(draft, fracture)
        listed = []
        for kind in CLASSES[:3]:
            hit = kind == fracture.defect_class and not foreign
            listed.append((str(rng.choice(words.CAUSES[draft.base][kind])), yes if hit else no))
        if foreign or fracture.defect_class == "unknown":
            listed.append((fracture.printed["defect_class"], yes))
        writer.pairs(listed, left=writer.left + 14)
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(12)


def word_template(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A template with content controls: a grey label above each value, or above an invitation to type one."""
    german = draft.base == "de"
    invitation = "Klicken oder tippen Sie hier, um Text einzugeben." if german else "Click or tap here to enter text."
    numbered = rng.random() < 0.5
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(len(draft.fields) * 2.6 * writer.size + 30)
        top = writer.y
        if len(draft.fractures) > 1:
            writer.line(f"{'Teil' if german else 'Part'} {number} / {len(draft.fractures)}", bold=True)
        for k, field in enumerate(draft.fields, start=1):
            value = fracture.printed.get(field, "")
            if field == "sub_type" and not fracture.sub_type:
                value = invitation
            if field == "fracture_load_kn" and not any(c.isdigit() for c in value):
                value = invitation
            writer.y += 1.0 * writer.size
            label = f"{number}.{k} {draft.label(field)}" if numbered else draft.label(field)
            writer.put(writer.left, writer.y, label, size=0.8 * writer.size, colour=GREY)
            writer.y += 1.15 * writer.size
            writer.put(writer.left, writer.y, value)
            writer.y += 0.55 * writer.size
        fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(12)


_FILLED: dict[str, tuple[str, ...]] = {
    "en": (
        "The fracture started at a defect at the bore. {cause}{sub}.",
        "{cause}{sub}, found on the fracture surface by SEM.",
        "SEM shows {cause}{sub} as the fracture origin, see figure.",
    ),
    "de": (
        "Der Bruch ging von einer Stelle an der Bohrung aus. {cause}{sub}.",
        "{cause}{sub}, im REM auf der Bruchfläche nachgewiesen.",
        "Im REM zeigt sich {cause}{sub} als Bruchausgang, siehe Bild.",
    ),
}


def complaint_form(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A complaint's form (RMA, CAPA): boxes, in which the cause is a sentence."""
    german = draft.base == "de"
    extra = [
        ("Reklamation Nr." if german else "Complaint no.", f"RMA-{rng.integers(10_000, 99_999)}"),
        ("Korrekturmaßnahme" if german else "Corrective action", "in Arbeit" if german else "in progress"),
        ("Risikobewertung" if german else "Risk assessment", "mittel" if german else "medium"),
    ]
    for fracture in draft.fractures:
        p = fracture.printed
        cause, sub = p["defect_class"], p.get("sub_type", "") if fracture.sub_type else ""
        if not is_foreign(draft, fracture) and fracture.defect_class != "unknown":
            beside = f" ({sub})" if sub and "(" not in cause else ""
            p["defect_class"] = str(rng.choice(_FILLED[draft.base])).format(cause=cause, sub=beside)
        entries = [(draft.label(f), p.get(f, "")) for f in draft.fields if f != "sub_type"]
        if "sub_type" in draft.fields and not (fracture.sub_type and sub in p["defect_class"]):
            fracture.sub_type, p["sub_type"] = "", ""
        entries = [extra[0], *entries, *extra[1:]]
        look = Look(rules="grid", header_rows=0, pad_x=6, pad_y=4, size=min(9.5, writer.size), stretch=True)
        fracture.page = draw_table(writer, [[k, v] for k, v in entries], look)[0]
        writer.gap(14)


def test_record(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A test record: forces beside strengths, with thousands and decimals, the unit in the header or in a sentence."""
    german = draft.base == "de"
    thousands = str(rng.choice(["", " ", "." if german else ","]))
    place = int(rng.integers(0, 4))
    rows: list[list[str]] = [[]]
    for field in draft.fields:
        label = draft.labels[field]
        if field == "fracture_load_kn":
            label += (f" [{draft.unit}]", f" in {draft.unit}", f" / {draft.unit}", "")[place]
            rows[0] += [label, "Festigkeit [MPa]" if german else "Strength [MPa]"]
        else:
            rows[0].append(label)
    for fracture in draft.fractures:
        row: list[str] = []
        for field in draft.fields:
            value = fracture.printed.get(field, "")
            if field != "fracture_load_kn":
                row.append(value)
                continue
            if fracture.load_kn is not None:
                number = fracture.load_kn * (1000 if draft.unit == "N" else 1)
                value = f"{number:,.1f}".replace(",", "\0").replace(".", "," if german else ".")
                value = value.replace("\0", thousands)
                fracture.printed[field] = value
            row += [value, f"{rng.uniform(300, 900):.0f}"]
        rows.append(row)
    if place == 3:
        writer.paragraph(
            f"Alle {draft.labels['fracture_load_kn'].split(' / ')[0]}werte in {draft.unit}." if german
            else f"All forces in {draft.unit}."
        )  # fmt: skip
        writer.gap(4)
    look = Look(rules=str(rng.choice(["grid", "ends", "rows"])), pad_x=5, size=min(9.0, writer.size))
    for fracture, page in zip(draft.fractures, draw_table(writer, rows, look)[1:], strict=True):
        fracture.page = page


def two_line_records(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Each part takes two lines of a list: its numbers, and, set in below them, what was found."""
    for fracture in draft.fractures:
        writer.need(4 * 1.6 * writer.size)
        top = writer.y
        first = [f for f in draft.fields if f not in {"defect_class", "sub_type"}]
        second = [f for f in draft.fields if f in {"defect_class", "sub_type"}]
        for fields, left in ((first, writer.left), (second, writer.left + 24)):
            text = "   ".join(f"{one_language(draft, draft.label(f))}: {fracture.printed.get(f, '')}" for f in fields)
            size = writer.size
            if width_of(text, writer.regular, size) > writer.right - left:
                for piece in wrap(text, writer.regular, size, writer.right - left):
                    writer.y += 1.1 * size
                    writer.put(left, writer.y, piece)
                    writer.y += 0.3 * size
                continue
            writer.y += 1.1 * size
            writer.put(left, writer.y, text)
            writer.y += 0.3 * size
        fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(9 if rng.random() < 0.7 else 6)
