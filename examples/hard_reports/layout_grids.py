"""Layout families whose tables say the cause elsewhere than in a column, fold over, or are printed data files."""

import numpy as np

from hard_reports import words
from hard_reports.content import CLASSES, Draft, Fracture
from hard_reports.layout_tables import GREY, PALE, head, row_of
from hard_reports.tables import Look, Span, draw_table
from hard_reports.writer import Writer

_WHY = ("defect_class", "sub_type")


def one_language(draft: Draft, label: str) -> str:
    """The half of a label of a mixed report (German / English) that fits the running text."""
    return label.split(" / ")[0 if draft.base == "de" else -1]


def is_foreign(draft: Draft, fracture: Fracture) -> bool:
    """Whether the cause is planted as one that no list of causes has."""
    return fracture.printed["defect_class"] in words.FOREIGN_CAUSES[draft.base]


def finding_below(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Under the row of each part, over the whole width, a row that says why it broke."""
    fields = tuple(f for f in draft.fields if f not in _WHY)
    why = [f for f in _WHY if f in draft.fields]
    rows, spans = [head(draft, fields)], []
    between = str(rng.choice([";  ", "   ", " \u2013 "]))
    for fracture in draft.fractures:
        rows.append(row_of(fracture, fields))
        spans.append(Span(len(rows), 0, n_columns=len(fields)))
        text = between.join(f"{draft.labels[f]}: {fracture.printed[f]}" for f in why)
        rows.append([text, *("" for _ in fields[1:])])
    rules = str(rng.choice(["grid", "grid", "rows"]))
    look = Look(rules=rules, header_fill=GREY if rng.random() < 0.5 else None, pad_x=5, pad_y=3.5, stretch=True)
    writer.need(90)
    pages = draw_table(writer, rows, look, spans=tuple(spans))
    for k, fracture in enumerate(draft.fractures):
        fracture.page = pages[1 + 2 * k]


def folded_table(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A long narrow table folded once: its second half stands beside the first, under the same header."""
    between = [""] if rng.random() < 0.5 else []
    rules = str(rng.choice(["grid", "ends", "rows"]))
    look = Look(rules=rules, size=8.5, pad_x=4.5, header_fill=PALE if rules == "grid" else None)
    middle = (len(draft.fractures) + 1) // 2
    left, right = draft.fractures[:middle], draft.fractures[middle:]
    header = head(draft, draft.fields)
    rows = [[*header, *between, *header]]
    for k, fracture in enumerate(left):
        beside = row_of(right[k], draft.fields) if k < len(right) else ["" for _ in header]
        rows.append([*row_of(fracture, draft.fields), *between, *beside])
    pages = draw_table(writer, rows, look)
    for part in (left, right):
        for fracture, page in zip(part, pages[1:], strict=False):
            fracture.page = page


def cause_matrix(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A column for each cause; a cross in one of them says which it was."""
    fields = tuple(sorted((f for f in draft.fields if f != "defect_class"), key=lambda f: f == "sub_type"))
    wording: dict[str, str] = {}
    for fracture in draft.fractures:
        if not is_foreign(draft, fracture):
            wording.setdefault(fracture.defect_class, fracture.printed["defect_class"])
    for kind in CLASSES:
        wording.setdefault(kind, str(rng.choice(words.CAUSES[draft.base][kind])))
    order = [str(c) for c in rng.permutation(CLASSES[:3])] + ["unknown"]
    other = "Sonstige" if draft.base == "de" else "Other"
    titles = [*(wording[c] for c in order), other]
    mark = str(rng.choice(["X", "x"]))
    body = []
    for fracture in draft.fractures:
        cells = [""] * len(titles)
        if is_foreign(draft, fracture):
            cells[-1] = fracture.printed["defect_class"]
        else:
            fracture.printed["defect_class"] = wording[fracture.defect_class]
            cells[order.index(fracture.defect_class)] = mark
        body.append([*row_of(fracture, fields), *cells])
    top = [*("" for _ in fields), draft.labels["defect_class"], *("" for _ in titles[1:])]
    look = Look(
        rules="grid",
        header_rows=2,
        header_fill=PALE if rng.random() < 0.6 else None,
        size=8.5,
        pad_y=3,
        align=(*("left" for _ in fields), *("centre" for _ in titles)),
    )
    spans = [Span(0, len(fields), n_columns=len(titles))]
    pages = draw_table(writer, [top, [*head(draft, fields), *titles], *body], look, spans=tuple(spans))
    for fracture, page in zip(draft.fractures, pages[2:], strict=True):
        fracture.page = page


def cause_bands(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The parts sorted by cause: a band over the whole table names it, the rows of its parts follow."""
    fields = tuple(f for f in draft.fields if f != "defect_class")
    named = rng.random() < 0.7
    causes = list(dict.fromkeys(f.printed["defect_class"] for f in draft.fractures))
    rows, spans, ordered = [head(draft, fields)], [], []
    for cause in causes:
        spans.append(Span(len(rows), 0, n_columns=len(fields)))
        band = f"{draft.labels['defect_class']}: {cause}" if named else cause
        rows.append([band, *("" for _ in fields[1:])])
        for fracture in draft.fractures:
            if fracture.printed["defect_class"] == cause:
                ordered.append((len(rows), fracture))
                rows.append(row_of(fracture, fields))
    rules = str(rng.choice(["grid", "rows"]))
    look = Look(rules=rules, header_fill=GREY if rules == "grid" else None, pad_x=6, pad_y=3, stretch=True)
    pages = draw_table(writer, rows, look, spans=tuple(spans))
    for row, fracture in ordered:
        fracture.page = pages[row]


def data_file(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """The print of a file with semicolons between its values, as a test machine exports it."""
    writer.face = "courier"
    quote = '"' if rng.random() < 0.3 else ""
    lines = [[one_language(draft, draft.label(f, unit="none")) for f in draft.fields]]
    if "fracture_load_kn" in draft.fields and draft.unit_place != "cell":
        place = draft.fields.index("fracture_load_kn")
        lines[0][place] += f" [{draft.unit}]" if rng.random() < 0.6 else f" ({draft.unit})"
    lines += [row_of(f, draft.fields) for f in draft.fractures]
    texts = [";".join(f"{quote}{cell}{quote}" for cell in line) for line in lines]
    size = min(9.5, writer.text_width / (0.6 * max(map(len, texts))))
    comment = f"# {'Datensätze' if draft.base == 'de' else 'records'}: {len(draft.fractures)}"
    writer.line(comment, size=size)
    writer.line("#", size=size)
    top = writer.y
    for k, text in enumerate(texts):
        if writer.need(1.5 * size):
            top = writer.y
        writer.line(text, size=size)
        if k:
            draft.fractures[k - 1].page = writer.page
    writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 2))
    writer.line(f"# {'Ende der Datei' if draft.base == 'de' else 'end of file'}", size=size)
