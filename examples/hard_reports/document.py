"""Puts a report together: letterhead, header, the family's own layout, decoys, figures, signature."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hard_reports import layout_blocks as blocks
from hard_reports import layout_exports as exports
from hard_reports import layout_grids as grids
from hard_reports import layout_reasoning as reasoning
from hard_reports import layout_records as records
from hard_reports import layout_tables as tables
from hard_reports import words
from hard_reports.content import Draft, Shape
from hard_reports.figures import Figure, draw_figures, logo, signature
from hard_reports.sheet import Picture, Sheet
from hard_reports.tables import Look, draw_table
from hard_reports.writer import Writer

Layout = Callable[[Writer, Draft, np.random.Generator], None]
A4 = (595.3, 841.9)
LETTER = (612.0, 792.0)
SLIDE = (540.0, 960.0)


@dataclass(frozen=True, slots=True)
class Family:
    """One layout family."""

    layout: Layout
    shape: Shape
    paper: str = "portrait"
    """``portrait``, ``landscape``, ``sideways`` (a portrait page whose content is turned) or ``slide``."""
    cover: bool = False
    decoys: bool = False
    """Tables of settings stand before the results in any case."""
    opening: str = "letterhead"
    """``letterhead`` or ``mail``."""
    furniture: str = "plain"
    """What frames each page, as ``Writer.furniture``; ``plain`` has words at most."""
    figures: str = "mixed"
    """How the figures stand, as ``draw_figures`` takes it."""
    faces: tuple[str, ...] = ("helvetica", "helvetica", "times", "vera")
    sizes: tuple[float, ...] = (9.0, 9.5, 10.0, 10.5, 11.0)
    fixed_pitch: bool = False
    """May be printed in Courier, which has no outlines here."""
    held_out: bool = False
    foreign: bool = False
    """Of other houses, and at any site: dealt where it is asked for, and then no other family is."""


_ONE = ("instance_tag", "component_id")
_LEAN = (*_ONE, "sub_type")
_SERIF = ("times", "report", "vera")
_SMALL, _LARGE = (8.5, 9.0), (11.0, 12.0)

FAMILIES: dict[str, Family] = {
    "ruled": Family(tables.ruled, Shape()),
    "booktabs": Family(tables.booktabs, Shape((2, 6))),
    "borderless": Family(tables.borderless, Shape((2, 6))),
    "zebra": Family(tables.zebra, Shape((3, 7))),
    "dense": Family(tables.dense, Shape((6, 14), full=True, figures=(0, 1))),
    "transposed": Family(tables.transposed, Shape((2, 4))),
    "foan_headings": Family(tables.foan_headings, Shape((4, 7), "many", foan_field=False, figures=(0, 2))),
    "merged_foan": Family(tables.merged_foan, Shape((4, 8), "many", figures=(0, 1))),
    "foan_once": Family(tables.foan_once, Shape((4, 8), "many", figures=(0, 2))),
    "narrow_columns": Family(tables.narrow_columns, Shape((2, 4), full=True)),
    "two_line_header": Family(tables.two_line_header, Shape((2, 5), unit="header", must=("fracture_load_kn",))),
    "continued": Family(tables.continued, Shape((7, 16), figures=(0, 1))),
    "continued_bare": Family(tables.continued_bare, Shape((7, 14), figures=(0, 1))),
    "landscape": Family(tables.ruled, Shape((3, 8), full=True, figures=(0, 2)), paper="landscape"),
    "sideways": Family(tables.booktabs, Shape((3, 8), full=True, figures=(0, 1)), paper="sideways"),
    "extra_columns": Family(tables.extra_columns, Shape((3, 6))),
    "decoys": Family(tables.ruled, Shape((2, 4)), decoys=True),
    "cover_page": Family(tables.zebra, Shape((2, 5)), cover=True),
    "key_value": Family(blocks.key_value, Shape((1, 3))),
    "key_value_header": Family(blocks.key_value, Shape((1, 3), "one", foan_field=False)),
    "key_value_pairs": Family(blocks.key_value_pairs, Shape((2, 4), figures=(0, 2))),
    "form_boxes": Family(blocks.form_boxes, Shape((1, 3), full=True)),
    "prose": Family(blocks.prose, Shape((1, 3), never=_ONE, full=True)),
    "monospace": Family(blocks.monospace, Shape((2, 5), figures=(0, 1)), fixed_pitch=True),
    "grouped_header": Family(tables.grouped_header, Shape((2, 6))),
    "split_tables": Family(tables.split_tables, Shape((2, 5), must=("instance_tag",))),
    "ditto": Family(tables.ditto, Shape((4, 8), "many", figures=(0, 2))),
    "letter": Family(blocks.letter, Shape((1, 4), never=_ONE, full=True)),
    "dotted_leaders": Family(blocks.dotted_leaders, Shape((1, 3))),
    "record_cards": Family(blocks.record_cards, Shape((2, 6), figures=(0, 2))),
    "hanging_labels": Family(blocks.hanging_labels, Shape((1, 3))),
    "decoys_landscape": Family(tables.grouped_header, Shape((3, 6), full=True), paper="landscape", decoys=True),
    "finding_below": Family(
        grids.finding_below, Shape((2, 5)), furniture="block", faces=_SERIF, figures="plate", held_out=True
    ),
    "folded_table": Family(grids.folded_table, Shape((6, 12), "one", foan_field=False, never=_LEAN), held_out=True),
    "cause_matrix": Family(
        grids.cause_matrix, Shape((3, 7), must=("sub_type",), never=_ONE), paper="landscape", held_out=True
    ),
    "cause_bands": Family(
        grids.cause_bands, Shape((4, 8), must=("sub_type",)), furniture="ruled", sizes=_SMALL, held_out=True
    ),
    "data_file": Family(
        grids.data_file,
        Shape((4, 9), never=("component_id",), figures=(0, 1)),
        paper="landscape",
        fixed_pitch=True,
        held_out=True,
    ),
    "eight_d": Family(records.eight_d, Shape((1, 1), full=True), furniture="block", figures="plate", held_out=True),
    "checkbox_form": Family(
        records.checkbox_form, Shape((1, 2), must=("sub_type",)), furniture="ruled", faces=_SERIF, held_out=True
    ),
    "bullets": Family(records.bullets, Shape((1, 4)), faces=_SERIF, sizes=_LARGE, figures="plate", held_out=True),
    "run_in_labels": Family(records.run_in_labels, Shape((1, 4), full=True), furniture="ruled", held_out=True),
    "label_below": Family(records.label_below, Shape((1, 3), full=True), faces=_SERIF, held_out=True),
    "certificate": Family(records.certificate, Shape((1, 1)), faces=_SERIF, sizes=_LARGE, held_out=True),
    "mail": Family(
        records.mail,
        Shape((1, 4), never=_ONE, must=("sub_type",), figures=(0, 2)),
        opening="mail",
        fixed_pitch=True,
        held_out=True,
    ),
    "slides": Family(
        records.slides, Shape((1, 3), figures=(0, 2)), paper="slide", sizes=(17.0, 19.0), figures="side", held_out=True
    ),
    "hypotheses": Family(reasoning.hypotheses, Shape((1, 3), never=_ONE), foreign=True),
    "exclusions": Family(reasoning.exclusions, Shape((3, 6)), foreign=True),
    "two_opinions": Family(reasoning.two_opinions, Shape((2, 4)), foreign=True),
    "earlier_report": Family(reasoning.earlier_report, Shape((1, 2), never=_ONE), faces=_SERIF, foreign=True),
    "mail_thread": Family(
        reasoning.mail_thread, Shape((1, 1), never=_ONE, figures=(0, 1)), opening="mail", foreign=True
    ),
    "remarks_below": Family(reasoning.remarks_below, Shape((2, 5)), foreign=True),
    "lims_export": Family(exports.lims_export, Shape((1, 3), full=True), foreign=True),
    "coded_cause": Family(exports.coded_cause, Shape((3, 7)), furniture="ruled", foreign=True),
    "yes_no_list": Family(exports.yes_no_list, Shape((1, 2)), faces=_SERIF, foreign=True),
    "word_template": Family(exports.word_template, Shape((1, 3), full=True), foreign=True),
    "complaint_form": Family(exports.complaint_form, Shape((1, 2), full=True), furniture="block", foreign=True),
    "test_record": Family(exports.test_record, Shape((3, 7), must=("fracture_load_kn",)), foreign=True),
    "two_line_records": Family(exports.two_line_records, Shape((2, 5)), foreign=True),
}


def set_report(
    draft: Draft, family: Family, rng: np.random.Generator, *, face: str = ""
) -> tuple[list[Sheet], list[Figure]]:
    """All pages of a report and the figures on them; notes the page of every fracture in the draft."""
    width, height = LETTER if rng.random() < 0.15 else A4
    if family.paper == "slide":
        width, height = SLIDE
    if family.paper != "portrait":
        width, height = height, width
    writer = Writer(
        width=width,
        height=height,
        face=face or str(rng.choice(family.faces)),
        size=float(rng.choice(family.sizes)),
        margin=float(rng.choice([45.0, 54.0, 62.0])),
        header=(draft.site.title, draft.number) if rng.random() < 0.7 else ("", ""),
        footer=(draft.phrase("form"), draft.phrase("page", page="{page}", pages="{pages}"))
        if rng.random() < 0.7
        else ("", ""),
        sideways=int(rng.choice([90, 270])) if family.paper == "sideways" else 0,
        furniture=family.furniture,
        block=(draft.site.title, draft.phrase("title_2"), draft.number),
    )
    if family.cover:
        _cover(writer, draft)
    if family.opening == "mail":
        _mail_head(writer, draft)
    else:
        _letterhead(writer, draft, rng)
    if family.decoys or (rng.random() < 0.2 and family.opening == "letterhead"):
        _settings(writer, draft, rng)
    if family.opening == "letterhead" and family.paper != "slide":
        writer.line(draft.phrase("results"), bold=True, size=writer.size + 2)
        writer.gap(3)
    printed_face = writer.face
    family.layout(writer, draft, rng)
    writer.face = printed_face
    writer.gap(10)
    if draft.other_foans:
        writer.paragraph(draft.phrase("other", foans=", ".join(draft.other_foans)))
        writer.gap(4)
    figures = draw_figures(writer, draft, rng, manner=family.figures)
    if draft.second_opinion:
        _summary(writer, draft)
    _end(writer, draft, rng)
    return writer.finish(), figures


def _cover(writer: Writer, draft: Draft) -> None:
    writer.y = writer.height * 0.28
    writer.line(draft.site.title, size=14, align="centre")
    writer.gap(30)
    writer.line(draft.phrase("title"), size=24, bold=True, align="centre")
    writer.gap(12)
    writer.line(draft.number, size=14, align="centre")
    writer.line(draft.date_text, size=11, align="centre")
    writer.gap(120)
    writer.paragraph(draft.phrase("conclusion"))
    writer.new_page()


def _letterhead(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    number, date = draft.labels["report_number"], draft.labels["report_date"]
    if rng.random() < 0.3:
        box = (writer.right - 90, writer.y - 6, writer.right, writer.y + 30)
        writer.add(Picture(box, logo(draft.site.title), "flate" if rng.random() < 0.5 else "jpeg"))
        writer.gap(34)
    writer.line(draft.phrase("title" if rng.random() < 0.7 else "title_2"), bold=True, size=writer.size + 6)
    writer.gap(4)
    style = int(rng.integers(0, 4))
    entries = [(number, draft.number), (date, draft.date_text), (draft.phrase("author"), draft.author)]
    if draft.header_foan:
        entries.insert(int(rng.integers(0, 3)), (draft.labels["foan"], draft.header_foan))
    if rng.random() < 0.4:
        entries.append((draft.phrase("customer"), draft.phrase("customer_name")))
    if style == 0 and len(" ".join(k + v for k, v in entries[:3])) < 80:
        writer.paragraph("   ".join(f"{k}: {v}" for k, v in entries))
    elif style == 1 and len(max((k + v for k, v in entries), key=len)) < 38:
        rows = [[f"{k}: {v}" for k, v in entries[i : i + 2]] for i in range(0, len(entries), 2)]
        rows = [row + [""] * (2 - len(row)) for row in rows]
        draw_table(writer, rows, Look(rules="grid", header_rows=0, stretch=True, size=min(9.5, writer.size)))
    else:
        writer.pairs(entries, colon=":" if style != 2 else "")
    if rng.random() < 0.3:
        _order(writer, draft, rng)
    writer.gap(6)
    if draft.supersedes_number:
        writer.line(
            draft.phrase("revision" if rng.random() < 0.6 else "revision_2", number=draft.supersedes_number), bold=True
        )
        writer.gap(4)
    if rng.random() < 0.25:
        number_text = str(rng.integers(1000, 9999))
        writer.line(
            f"{draft.phrase('phone', number=number_text)}   {draft.phrase('drawing', number=rng.integers(10, 99))}",
            size=8,
        )
        writer.gap(3)
    if rng.random() < 0.65:
        writer.paragraph(draft.phrase("intro"), hyphenate=draft.base == "de")
        writer.gap(8)


def _mail_head(writer: Writer, draft: Draft) -> None:
    """Sender, addressee, subject and date, as mail programs print them."""
    german = draft.base == "de"
    sender, addressee, subject = ("Von", "An", "Betreff") if german else ("From", "To", "Subject")
    number, date = (grids.one_language(draft, draft.labels[n]) for n in ("report_number", "report_date"))
    entries = [
        (sender, f"{draft.author} ({draft.site.title})"),
        (addressee, draft.phrase("customer_name")),
        (date, draft.date_text),
        (subject, f"{number} {draft.number}"),
    ]
    if draft.header_foan:
        entries.append((grids.one_language(draft, draft.labels["foan"]), draft.header_foan))
    writer.pairs(entries)
    writer.gap(4)
    writer.rule(width=1.2)
    if draft.supersedes_number:
        writer.line(draft.phrase("revision", number=draft.supersedes_number))
    writer.gap(6)


def _order(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Dates and numbers of the order: neither the report's date nor an identifier of a fracture."""
    year, month = int(draft.iso_date[:4]), int(draft.iso_date[5:7])
    day = int(rng.integers(1, 28))
    earlier = (
        f"{day:02d}.{max(1, month - 1):02d}.{year}"
        if draft.base == "de"
        else f"{year}-{max(1, month - 1):02d}-{day:02d}"
    )
    order = f"45{rng.integers(10**7, 10**8)}"
    writer.gap(2)
    writer.line(
        f"{draft.phrase('received')}: {earlier}    {draft.phrase('order')}: {order}", size=min(9.0, writer.size)
    )


def _settings(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table of instrument settings: numbers that are no results."""
    entries = words.SETTINGS[draft.base]
    chosen = [entries[k] for k in sorted(rng.choice(len(entries), size=int(rng.integers(3, 6)), replace=False))]
    title = "Prüfbedingungen" if draft.base == "de" else "Test conditions"
    writer.line(title, bold=True)
    writer.gap(2)
    if rng.random() < 0.5:
        draw_table(writer, [[k, v] for k, v in chosen], Look(rules="grid", header_rows=0, size=8.5))
    else:
        draw_table(writer, [[k for k, _ in chosen], [v for _, v in chosen]], Look(rules="ends", size=8))
    writer.gap(10)


def _summary(writer: Writer, draft: Draft) -> None:
    """A last page whose table contradicts an earlier one."""
    writer.new_page()
    writer.line(draft.phrase("summary"), bold=True, size=writer.size + 2)
    writer.gap(4)
    names = ("foan", "serial_number", "defect_class")
    rows = [[draft.labels[n] for n in names]]
    for k, fracture in enumerate(draft.fractures):
        cause = draft.second_opinion.get(k, fracture.printed["defect_class"])
        rows.append([fracture.printed["foan"], fracture.printed["serial_number"], cause])
    draw_table(writer, rows, Look(header_fill=tables.GREY, pad_x=6))
    writer.gap(10)


def _end(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    if rng.random() < 0.6:
        writer.need(50)
        writer.paragraph(draft.phrase("conclusion"), size=min(8.5, writer.size))
    if rng.random() < 0.3:
        writer.need(60)
        box = (writer.left, writer.y + 4, writer.left + 100, writer.y + 37)
        writer.add(Picture(box, signature(rng), "flate"))
        writer.put(writer.left, writer.y + 48, draft.author, size=8.5)
        writer.y += 55
