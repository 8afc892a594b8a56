"""Layout families in which each fracture has a block, a form, a card or a sentence of its own."""

import numpy as np

from hard_reports import words
from hard_reports.content import Draft, Fracture
from hard_reports.sheet import Line, width_of, wrap
from hard_reports.writer import Writer


def _entries(draft: Draft, fracture: Fracture, *, unit: str = "bracket") -> list[tuple[str, str]]:
    return [(draft.label(name, unit=unit), fracture.printed.get(name, "")) for name in draft.fields]


def _heading(draft: Draft, number: int) -> str:
    return f"{'Bruch' if draft.base == 'de' else 'Fracture'} {number}"


def key_value(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Keys and values, one block for each fracture."""
    colon = ":" if rng.random() < 0.75 else ""
    ruled = rng.random() < 0.4
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(len(draft.fields) * 1.5 * writer.size + 26)
        if ruled:
            writer.rule(width=0.5)
        if len(draft.fractures) > 1:
            writer.line(_heading(draft, number), bold=True, size=writer.size + 1)
        top = writer.y
        writer.pairs(_entries(draft, fracture), colon=colon, left=writer.left + 10)
        writer.sheets[-1].table_boxes.append((writer.left, top, writer.right, writer.y + 3))
        fracture.page = writer.page
        writer.gap(9)


def key_value_pairs(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Two blocks of keys and values side by side."""
    size = min(writer.size, 9.0)
    half = writer.text_width / 2
    gap = float(rng.uniform(12, 26))
    for k in range(0, len(draft.fractures), 2):
        pair = draft.fractures[k : k + 2]
        writer.need((len(draft.fields) + 3) * 1.7 * size)
        top, lowest = writer.y, writer.y
        for column, fracture in enumerate(pair):
            x = writer.left + column * half
            width = half - gap
            y = top + 1.2 * size
            if len(draft.fractures) > 1:
                writer.put(x, y, _heading(draft, k + column + 1), bold=True, size=size + 0.5)
                writer.add(Line(x, y + 3, x + width, y + 3, 0.5))
                y += 1.7 * size
            entries = _entries(draft, fracture)
            keys = min(0.56 * width, 8 + max(width_of(key + ":", writer.regular, size) for key, _ in entries))
            for key, value in entries:
                key_lines = wrap(key + ":", writer.regular, size, keys - 4)
                value_lines = wrap(value, writer.bold, size, width - keys)
                for line in range(max(len(key_lines), len(value_lines))):
                    writer.put(x, y, key_lines[line] if line < len(key_lines) else "", size=size)
                    writer.put(x + keys, y, value_lines[line] if line < len(value_lines) else "", size=size, bold=True)
                    y += 1.35 * size
            lowest = max(lowest, y)
            fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, lowest))
        writer.y = lowest + 10


def form_boxes(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A form: boxes side by side, a small label in the upper corner of each, the value below it."""
    small, n_columns = 6.5 if draft.language != "mixed" else 6.0, int(rng.integers(2, 4))
    for number, fracture in enumerate(draft.fractures, start=1):
        entries = _entries(draft, fracture)
        n_lines = -(-len(entries) // n_columns)
        writer.need(n_lines * 30 + 24)
        if len(draft.fractures) > 1:
            writer.line(_heading(draft, number), bold=True)
        top = writer.y
        width = writer.text_width / n_columns
        for k, (label, value) in enumerate(entries):
            last = k == len(entries) - 1
            left = writer.left + k % n_columns * width
            upper = top + k // n_columns * 30
            right = writer.right if last else left + width
            writer.frame((left, upper, right, upper + 30), width=0.7)
            shrunk = min(small, small * (right - left - 8) / width_of(label, writer.regular, small))
            writer.put(left + 4, upper + 8.5, label, size=shrunk)
            fits = min(
                writer.size, writer.size * (right - left - 12) / max(1, width_of(value, writer.regular, writer.size))
            )
            writer.put(left + 6, upper + 23, value, size=fits)
        writer.y = top + n_lines * 30 + 12
        writer.sheets[-1].table_boxes.append((writer.left - 2, top - 2, writer.right + 2, writer.y - 10))
        fracture.page = writer.page


def prose(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A sentence or two say what broke and why."""
    style = int(rng.integers(0, 3))
    for fracture in draft.fractures:
        writer.need(60)
        writer.paragraph(_sentence(draft, fracture, style))
        fracture.page = writer.page
        writer.gap(6)


def letter(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A letter that lists the fractures as numbered sentences."""
    style = int(rng.integers(0, 3))
    writer.line("Sehr geehrte Damen und Herren," if draft.base == "de" else "Dear colleagues,")
    writer.gap(6)
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(60)
        writer.put(writer.left, writer.y + writer.size, f"({number})")
        writer.paragraph(
            _sentence(draft, fracture, style),
            left=writer.left + 26,
            width=writer.text_width - 26,
            hyphenate=draft.base == "de",
        )
        fracture.page = writer.page
        writer.gap(5)


def _sentence(draft: Draft, fracture: Fracture, style: int) -> str:
    p = fracture.printed
    foan, serial, cause = p["foan"], p["serial_number"], p["defect_class"]
    load, sub = p.get("fracture_load_kn", ""), p.get("sub_type", "")
    if load and draft.unit_place != "cell" and any(c.isdigit() for c in load):
        load = f"{load} {draft.unit}"
    if load and not load[0].isdigit():
        del p["fracture_load_kn"]  # a sentence does not say "n/a"
    if sub and not fracture.sub_type:
        del p["sub_type"]
    sub = f" ({sub})" if fracture.sub_type and sub else ""
    side = 0 if draft.base == "de" else -1  # labels of a mixed report are German / English
    name, number = (draft.labels[n].split(" / ")[side] for n in ("foan", "serial_number"))
    at = f" {'bei' if draft.base == 'de' else 'at'} {load}" if load and load[0].isdigit() else ""
    return words.SENTENCES[draft.base][style].format(
        foan=f"{name} {foan}", serial=f"{number} {serial}", at=at, cause=f"{cause}{sub}"
    )


def monospace(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The print of a database: fixed pitch, a line of dashes, records as lines or as blocks."""
    writer.face = "courier"
    if rng.random() < 0.5:
        widths = [max(len(draft.label(n)), *(len(f.printed.get(n, "")) for f in draft.fractures)) for n in draft.fields]
        total = sum(widths) + 2 * len(widths)
        size = min(9.0, writer.text_width / (0.6 * total))
        if size >= 6.5:
            _print_lines(writer, draft, widths, size)
            return
    size = 9.0
    wide = max(len(draft.label(n)) for n in draft.fields) + 2
    for fracture in draft.fractures:
        writer.need((len(draft.fields) + 2) * 1.3 * size)
        for name in draft.fields:
            writer.line(f"{draft.label(name):<{wide}s}= {fracture.printed.get(name, '')}", size=size)
        writer.line("-" * 60, size=size)
        fracture.page = writer.page


def _print_lines(writer: Writer, draft: Draft, widths: list[int], size: float) -> None:
    cells = [f"{draft.label(n):<{w}s}" for n, w in zip(draft.fields, widths, strict=True)]
    writer.need(90)
    top = writer.y
    writer.line("  ".join(cells), size=size)
    writer.line("  ".join("-" * w for w in widths), size=size)
    for fracture in draft.fractures:
        cells = [f"{fracture.printed.get(n, ''):<{w}s}" for n, w in zip(draft.fields, widths, strict=True)]
        if writer.need(1.4 * size):
            top = writer.y
        writer.line("  ".join(cells), size=size)
        fracture.page = writer.page
    writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 2))


def dotted_leaders(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Keys and values at the two ends of a dotted line."""
    end = writer.left + float(rng.uniform(0.6, 0.85)) * writer.text_width
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(len(draft.fields) * 1.6 * writer.size + 26)
        if len(draft.fractures) > 1:
            writer.line(f"{number}.", bold=True)
        for key, value in _entries(draft, fracture):
            writer.y += 1.15 * writer.size
            start = writer.left + width_of(key + " ", writer.regular, writer.size)
            stop = end - width_of(" " + value, writer.regular, writer.size)
            n_dots = max(3, int((stop - start) / width_of(".", writer.regular, writer.size)))
            writer.put(writer.left, writer.y, f"{key} {'.' * n_dots}")
            writer.put(max(end, start + 3 * writer.size), writer.y, value, align="right")
            writer.y += 0.4 * writer.size
        fracture.page = writer.page
        writer.gap(8)


def record_cards(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Framed cards, two or three beside each other, keys without colons above their values."""
    n_columns = 3 if rng.random() < 0.4 else 2
    gap = 10.0
    width = (writer.text_width - (n_columns - 1) * gap) / n_columns
    size = 8.5
    height = len(draft.fields) * 2.75 * size + 12
    for k in range(0, len(draft.fractures), n_columns):
        writer.need(height + 10)
        top = writer.y
        for column, fracture in enumerate(draft.fractures[k : k + n_columns]):
            left = writer.left + column * (width + gap)
            writer.frame((left, top, left + width, top + height), width=0.8)
            y = top + 12
            for key, value in _entries(draft, fracture):
                fits = min(6.8, 6.8 * (width - 12) / width_of(key, writer.regular, 6.8))
                writer.put(left + 6, y, key, size=fits)
                fits = min(size, size * (width - 12) / max(1.0, width_of(value, writer.bold, size)))
                writer.put(left + 6, y + 1.25 * size, value, size=fits, bold=True)
                y += 2.75 * size
            fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top - 3, writer.right + 3, top + height + 3))
        writer.y = top + height + 12


def hanging_labels(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Each key on a line of its own, its value indented below it."""
    indent = float(rng.uniform(24, 60))
    for number, fracture in enumerate(draft.fractures, start=1):
        writer.need(len(draft.fields) * 2.9 * writer.size + 30)
        writer.line(_heading(draft, number), bold=True, size=writer.size + 2)
        for key, value in _entries(draft, fracture):
            writer.y += 1.15 * writer.size
            writer.put(writer.left, writer.y, key)
            writer.y += 1.3 * writer.size
            writer.put(writer.left + indent, writer.y, value)
            writer.y += 0.35 * writer.size
        fracture.page = writer.page
        writer.gap(8)
