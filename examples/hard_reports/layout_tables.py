"""Layout families in which the fractures are rows of a table, or its columns."""

from dataclasses import replace

import numpy as np

from hard_reports.content import Draft, Fracture
from hard_reports.tables import WHITE, Look, Span, draw_table
from hard_reports.writer import Writer

GREY = (0.87, 0.87, 0.87)
PALE = (0.94, 0.95, 0.97)
NAVY = (0.12, 0.22, 0.42)
_RIGHT = {"fracture_load_kn"}


def head(draft: Draft, fields: tuple[str, ...], *, unit: str = "bracket") -> list[str]:
    """Header cells."""
    return [draft.label(name, unit=unit) for name in fields]


def row_of(fracture: Fracture, fields: tuple[str, ...]) -> list[str]:
    """Cells of one fracture."""
    return [fracture.printed.get(name, "") for name in fields]


def _align(fields: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    if rng.random() < 0.3:
        return ("centre",) * len(fields)
    return tuple("right" if name in _RIGHT and rng.random() < 0.6 else "left" for name in fields)


def _plain(
    writer: Writer, draft: Draft, rng: np.random.Generator, look: Look, fractures: list[Fracture] | None = None
) -> None:
    """A header row and one row for each fracture."""
    chosen = draft.fractures if fractures is None else fractures
    look = replace(look, align=look.align or _align(draft.fields, rng))
    rows = [head(draft, draft.fields), *(row_of(f, draft.fields) for f in chosen)]
    pages = draw_table(writer, rows, look)
    for fracture, page in zip(chosen, pages[1:], strict=True):
        fracture.page = page


def ruled(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Every cell in a box."""
    _plain(writer, draft, rng, Look(header_fill=GREY if rng.random() < 0.6 else None, stretch=rng.random() < 0.5))


def booktabs(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Three horizontal rules, or one below each row."""
    _plain(
        writer, draft, rng, Look(rules="ends" if rng.random() < 0.6 else "rows", pad_x=6, stretch=rng.random() < 0.4)
    )


def borderless(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """No line at all."""
    _plain(writer, draft, rng, Look(rules="none", pad_x=7, pad_y=3, header_bold=rng.random() < 0.7))


def zebra(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """White words on a dark header, every other row shaded."""
    dark = NAVY if rng.random() < 0.6 else (0.2, 0.2, 0.2)
    _plain(
        writer, draft, rng, Look(rules="none", header_fill=dark, header_colour=WHITE, zebra=PALE, pad_y=4, stretch=True)
    )


def dense(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Many columns in 7 pt."""
    _plain(writer, draft, rng, Look(rules="rows" if rng.random() < 0.5 else "grid", size=7, pad_x=2.5, pad_y=1.2))


def transposed(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Fields are rows, fractures are columns."""
    writer.need(len(draft.fields) * 34)
    rows = [[draft.label(name), *(f.printed.get(name, "") for f in draft.fractures)] for name in draft.fields]
    rules = str(rng.choice(["grid", "rows", "none"]))
    draw_table(writer, rows, Look(rules=rules, header_rows=0, pad_x=6, pad_y=3, size=8.5))
    for fracture in draft.fractures:
        fracture.page = writer.page


def foan_headings(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A heading for each FOAN and below it a table without a column for it."""
    fields = draft.fields
    rules = str(rng.choice(["grid", "ends", "none"]))
    with_label = rng.random() < 0.6
    for foan in draft.foans:
        group = [f for f in draft.fractures if f.printed["foan"] == foan]
        writer.need(90)
        writer.gap(8)
        writer.line(f"{draft.labels['foan']} {foan}" if with_label else foan, size=11, bold=True)
        writer.gap(2)
        rows = [head(draft, fields), *(row_of(f, fields) for f in group)]
        pages = draw_table(writer, rows, Look(rules=rules, header_fill=GREY if rules == "grid" else None, pad_x=5))
        for fracture, page in zip(group, pages[1:], strict=True):
            fracture.page = page


def merged_foan(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The FOAN stands once in a cell that covers the rows of its fractures."""
    fields = ("foan", *(f for f in draft.fields if f != "foan"))
    fractures = sorted(draft.fractures, key=lambda f: draft.foans.index(f.printed["foan"]))
    rows = [head(draft, fields), *(row_of(f, fields) for f in fractures)]
    spans: list[Span] = []
    start = 0
    for k in range(1, len(fractures) + 1):
        if k == len(fractures) or fractures[k].printed["foan"] != fractures[start].printed["foan"]:
            if k - start > 1:
                spans.append(Span(start + 1, 0, n_rows=k - start))
            start = k
    rules = "grid" if rng.random() < 0.7 else "rows"
    pages = draw_table(writer, rows, Look(rules=rules, header_fill=GREY, pad_x=5), spans=tuple(spans))
    for fracture, page in zip(fractures, pages[1:], strict=True):
        fracture.page = page


def foan_once(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The FOAN stands in the first row of its fractures only; the cells below it are empty."""
    _once(writer, draft, rng, "")


def ditto(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """As above, with marks that say: the same."""
    _once(writer, draft, rng, str(rng.choice(['"', "\u201e", "dto."])))


def _once(writer: Writer, draft: Draft, rng: np.random.Generator, same: str) -> None:
    fields = ("foan", *(f for f in draft.fields if f != "foan"))
    fractures = sorted(draft.fractures, key=lambda f: draft.foans.index(f.printed["foan"]))
    rows = [head(draft, fields)]
    above = ""
    for fracture in fractures:
        cells = row_of(fracture, fields)
        rows.append([same if cells[0] == above else cells[0], *cells[1:]])
        above = cells[0]
    rules = str(rng.choice(["ends", "none", "grid"]))
    pages = draw_table(writer, rows, Look(rules=rules, pad_x=6))
    for fracture, page in zip(fractures, pages[1:], strict=True):
        fracture.page = page


def narrow_columns(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Cells of several lines, long words broken."""
    look = Look(rules="grid" if rng.random() < 0.6 else "rows", hyphenate=True, squeeze=0.55, pad_x=3, header_fill=PALE)
    _plain(writer, draft, rng, look)


def two_line_header(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The unit stands in a line, or a row of the header, of its own."""
    fields = draft.fields
    if rng.random() < 0.5 and "fracture_load_kn" in fields:
        units = [f"[{draft.unit}]" if name == "fracture_load_kn" else "" for name in fields]
        rows = [head(draft, fields, unit="none"), units]
        look = Look(rules=str(rng.choice(["ends", "none"])), header_rows=2, pad_x=6, pad_y=1.5)
    else:
        rows = [head(draft, fields, unit="line")]
        look = Look(rules=str(rng.choice(["grid", "ends"])), pad_x=6)
    n_head = len(rows)
    pages = draw_table(writer, [*rows, *(row_of(f, fields) for f in draft.fractures)], look)
    for fracture, page in zip(draft.fractures, pages[n_head:], strict=True):
        fracture.page = page


def continued(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table that goes on over pages, its header repeated."""
    _continued(writer, draft, rng, repeat=True)


def continued_bare(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table that goes on over pages without a header of its own."""
    _continued(writer, draft, rng, repeat=False)


def _continued(writer: Writer, draft: Draft, rng: np.random.Generator, *, repeat: bool) -> None:
    fields = draft.fields
    rows = [head(draft, fields), *(row_of(f, fields) for f in draft.fractures)]
    cut = 1 + int(rng.integers(2, max(3, len(draft.fractures) - 1)))
    look = Look(rules=str(rng.choice(["grid", "rows", "none"])), header_fill=GREY, repeat_header=repeat, pad_y=3.5)
    # A break after a few rows, as if the table had begun far down the page: no report needs a hundred rows for it.
    pages = draw_table(writer, rows, look, breaks=(cut,))
    for fracture, page in zip(draft.fractures, pages[1:], strict=True):
        fracture.page = page


def extra_columns(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Running numbers, remarks, inspection marks, footnote marks, a row of means: nothing of it is a fracture."""
    fields = draft.fields
    marked = draft.fractures[int(rng.integers(len(draft.fractures)))].printed
    load = marked.get("fracture_load_kn", "")
    if any(c.isdigit() for c in load) and not load.endswith("*"):
        marked["fracture_load_kn"] = f"{load} *"
    header = [draft.phrase("running"), *head(draft, fields), draft.phrase("inspector"), draft.phrase("remark")]
    rows = [header]
    for k, fracture in enumerate(draft.fractures, start=1):
        rows.append([str(k), *row_of(fracture, fields), "x", draft.phrase("remark_text") if k % 2 else ""])
    loads = [f.load_kn for f in draft.fractures if f.load_kn is not None]
    foot: list[list[str]] = []
    if "fracture_load_kn" in fields and len(loads) > 1:
        mean = sum(loads) / len(loads)
        text = (
            f"{round(mean * 1000)}"
            if draft.unit == "N"
            else f"{mean:.1f}".replace(".", "," if draft.base == "de" else ".")
        )
        cells = ["", *("" for _ in fields), "", ""]
        cells[1], cells[1 + fields.index("fracture_load_kn")] = draft.phrase("mean"), text
        foot.append(cells)
    else:
        foot.append([draft.phrase("sum"), str(len(draft.fractures)), *("" for _ in header[2:])])
    look = Look(rules="grid" if rng.random() < 0.6 else "rows", size=8, pad_x=3, header_fill=PALE)
    pages = draw_table(writer, [*rows, *foot], look)
    for fracture, page in zip(draft.fractures, pages[1:], strict=False):
        fracture.page = page
    writer.gap(3)
    writer.line(draft.phrase("footnote"), size=7.5)


def grouped_header(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A header of two rows: a heading over several columns, the columns' own below it."""
    fields = tuple(sorted(draft.fields, key=lambda f: f in {"fracture_load_kn", "defect_class", "sub_type"}))
    n_first = sum(f not in {"fracture_load_kn", "defect_class", "sub_type"} for f in fields)
    groups = ("Bauteil", "Bruch") if draft.base == "de" else ("Test piece", "Failure")
    top = [groups[0], *[""] * (n_first - 1), groups[1], *[""] * (len(fields) - n_first - 1)]
    spans = [Span(0, 0, n_columns=n_first)] if n_first > 1 else []
    if len(fields) - n_first > 1:
        spans.append(Span(0, n_first, n_columns=len(fields) - n_first))
    rows = [top, head(draft, fields), *(row_of(f, fields) for f in draft.fractures)]
    rules = "grid" if rng.random() < 0.6 else "ends"
    look = Look(
        rules=rules, header_rows=2, header_fill=PALE if rules == "grid" else None, align=("centre",) * len(fields)
    )
    pages = draw_table(writer, rows, look, spans=tuple(spans))
    for fracture, page in zip(draft.fractures, pages[2:], strict=True):
        fracture.page = page


def split_tables(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """One table says what broke and at which load, a second one, by the tag of the fracture, says why."""
    first = tuple(f for f in draft.fields if f not in {"defect_class", "sub_type"})
    second = ("instance_tag", *(f for f in draft.fields if f in {"defect_class", "sub_type"}))
    look = Look(rules=str(rng.choice(["grid", "ends", "rows"])), pad_x=6)
    pages = draw_table(writer, [head(draft, first), *(row_of(f, first) for f in draft.fractures)], look)
    for fracture, page in zip(draft.fractures, pages[1:], strict=True):
        fracture.page = page
    writer.gap(14)
    draw_table(writer, [head(draft, second), *(row_of(f, second) for f in draft.fractures)], look)
