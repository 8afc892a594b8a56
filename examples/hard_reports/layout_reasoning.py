"""Layout families that reason: what is excluded, suspected, quoted or only compared must not become a label."""

import numpy as np

from hard_reports import words
from hard_reports.content import CLASSES, Draft, Fracture
from hard_reports.layout_grids import is_foreign, one_language
from hard_reports.layout_tables import GREY
from hard_reports.tables import Look, draw_table
from hard_reports.writer import Writer

_EXCLUDED: dict[str, tuple[str, ...]] = {
    "en": (
        "There is no indication of a {other}.",
        "A {other} can be excluded as cause of fracture.",
        "A {other} was ruled out.",
        "Neither pores nor inclusions were found, which makes a {other} unlikely.",
        "The fracture surface is free of traces that would point to a {other}.",
    ),
    "de": (
        "Es gibt keinen Hinweis auf einen {other}.",
        "Ein {other} kann als Bruchursache ausgeschlossen werden.",
        "Ein {other} scheidet aus.",
        "Weder Poren noch Einschlüsse wurden gefunden, ein {other} ist daher unwahrscheinlich.",
        "Spuren, die auf einen {other} deuten würden, fehlen.",
    ),
}
_SUSPECTED: dict[str, tuple[str, ...]] = {
    "en": (
        "At first a {other} was suspected.",
        "The customer assumed a {other} as root cause.",
        "A {other} was considered as the cause of fracture; the SEM did not confirm it.",
        "Hypothesis 1: {other}. Rejected after SEM.",
    ),
    "de": (
        "Zunächst wurde ein {other} vermutet.",
        "Der Kunde nahm als Ursache einen {other} an.",
        "Als Bruchursache wurde auch ein {other} erwogen; das REM bestätigte dies nicht.",
        "Hypothese 1: {other}. Nach REM verworfen.",
    ),
}
_CONCLUDED: dict[str, tuple[str, ...]] = {
    "en": (
        "In conclusion, the fracture of {part} is attributed to {cause}.",
        "We therefore conclude that the root cause for {part} is: {cause}.",
        "Final conclusion for {part}: the cause of fracture is {cause}.",
    ),
    "de": (
        "Zusammenfassend ist der Bruch von {part} zurückzuführen auf {cause}.",
        "Als Bruchursache ergibt sich damit für {part}: {cause}.",
        "Abschließende Bewertung für {part}: Bruchursache ist {cause}.",
    ),
}
_ONLY_EXCLUDED: dict[str, tuple[str, ...]] = {
    "en": ("no {other}", "{other} excluded", "no evidence of {other}", "{other} can be ruled out", "{other}: none"),
    "de": ("kein {other}", "{other} ausgeschlossen", "kein Hinweis auf {other}", "{other} liegt nicht vor",
           "{other}: keiner"),
}  # fmt: skip
_BESIDE: dict[str, tuple[str, ...]] = {
    "en": ("{cause}; {other} excluded", "{cause} (no {other})", "{cause}, not {other}", "{cause}, {other} ruled out"),
    "de": ("{cause}; {other} ausgeschlossen", "{cause} (kein {other})", "{cause}, nicht {other}",
           "{cause}, {other} auszuschließen"),
}  # fmt: skip
_DOUBTED: dict[str, tuple[str, ...]] = {
    "en": ("{cause}?", "{cause} (?)", "suspected {cause}", "possibly {cause}", "{cause} or {other}"),
    "de": ("{cause}?", "{cause} (?)", "Verdacht auf {cause}", "möglicherweise {cause}", "{cause} oder {other}"),
}


def _other(draft: Draft, fracture: Fracture, rng: np.random.Generator) -> str:
    """The wording of a class that the part does not have."""
    kinds = [c for c in CLASSES[:3] if c != fracture.defect_class]
    return str(rng.choice(words.CAUSES[draft.base][str(rng.choice(kinds))]))


def _pick(texts: dict[str, tuple[str, ...]], draft: Draft, rng: np.random.Generator, **values: str) -> str:
    return str(rng.choice(texts[draft.base])).format(**values)


def _cause_in_words(fracture: Fracture) -> str:
    """Cause and sub-type as a sentence names them; a sub-type that says "none" is not printed."""
    p = fracture.printed
    if not fracture.sub_type:
        p.pop("sub_type", None)
    return f"{p['defect_class']} ({p['sub_type']})" if p.get("sub_type") else p["defect_class"]


def _what(draft: Draft, fracture: Fracture) -> list[tuple[str, str]]:
    fields = [f for f in draft.fields if f not in {"defect_class", "sub_type"}]
    return [(one_language(draft, draft.label(f)), fracture.printed.get(f, "")) for f in fields]


def hypotheses(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """Data of the part, then a discussion that weighs several causes and ends in a conclusion."""
    title = "Diskussion" if draft.base == "de" else "Discussion"
    for fracture in draft.fractures:
        writer.need(16 * 1.5 * writer.size)
        top = writer.y
        writer.pairs(_what(draft, fracture))
        fracture.page = writer.page
        writer.gap(5)
        writer.line(title, bold=True)
        first = [_pick(_SUSPECTED, draft, rng, other=_other(draft, fracture, rng)) for _ in range(2)]
        first.append(_pick(_EXCLUDED, draft, rng, other=_other(draft, fracture, rng)))
        serial = f"{one_language(draft, draft.labels['serial_number'])} {fracture.printed['serial_number']}"
        last = _pick(_CONCLUDED, draft, rng, part=serial, cause=_cause_in_words(fracture))
        if rng.random() < 0.5:
            writer.paragraph(" ".join([*first, last]))
        else:
            writer.paragraph(" ".join(first))
            writer.gap(6)
            writer.paragraph(last)
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(12)


def exclusions(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table whose causes also say what it was not; in some rows they say nothing else, or doubt themselves."""
    rows = [[draft.label(f) for f in draft.fields]]
    for fracture in draft.fractures:
        p, draw = fracture.printed, rng.random()
        cause, other = p["defect_class"], _other(draft, fracture, rng)
        if fracture.expect == "value" and fracture.defect_class != "unknown":
            if draw < 0.4:
                p["defect_class"] = _pick(_BESIDE, draft, rng, cause=cause.split(" (")[0], other=other)
                if " (" in cause:
                    fracture.sub_type = ""
            elif draw < 0.6:
                p["defect_class"] = _pick(_ONLY_EXCLUDED, draft, rng, other=other)
                fracture.doubt("the report says only what it was not")
            elif draw < 0.75:
                p["defect_class"] = _pick(_DOUBTED, draft, rng, cause=cause.split(" (")[0], other=other)
                fracture.doubt("the report doubts the cause itself")
        rows.append([p.get(f, "") for f in draft.fields])
    look = Look(
        rules=str(rng.choice(["grid", "rows", "ends"])), header_fill=GREY if rng.random() < 0.4 else None, pad_x=5,
        stretch=True,
    )  # fmt: skip
    for fracture, page in zip(draft.fractures, draw_table(writer, rows, look)[1:], strict=True):
        fracture.page = page


def two_opinions(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A first guess beside the final cause: in a column of its own, or a key of its own."""
    german = draft.base == "de"
    guess = str(rng.choice(["Erste Einschätzung", "Vermutung des Kunden", "Vorläufige Ursache"] if german else
                           ["First assessment", "Customer's assumption", "Preliminary cause"]))  # fmt: skip
    guesses = [_other(draft, f, rng) for f in draft.fractures]
    if rng.random() < 0.5:
        at = draft.fields.index("defect_class")
        heads = [draft.label(f) for f in draft.fields]
        rows = [[*heads[:at], guess, *heads[at:]]]
        for fracture, guessed in zip(draft.fractures, guesses, strict=True):
            own = [fracture.printed.get(f, "") for f in draft.fields]
            rows.append([*own[:at], guessed, *own[at:]])
        look = Look(rules=str(rng.choice(["grid", "ends"])), pad_x=5, size=min(9.0, writer.size), stretch=True)
        for fracture, page in zip(draft.fractures, draw_table(writer, rows, look)[1:], strict=True):
            fracture.page = page
        return
    for fracture, guessed in zip(draft.fractures, guesses, strict=True):
        entries = [(draft.label(f), fracture.printed.get(f, "")) for f in draft.fields]
        at = draft.fields.index("defect_class")
        entries.insert(at, (guess, guessed))
        writer.need(len(entries) * 1.6 * writer.size)
        top = writer.y
        writer.pairs(entries)
        fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(14)


def earlier_report(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A letter that quotes an earlier report on another part and compares, and states its own parts key by key."""
    german = draft.base == "de"
    site, serial_key = draft.site, one_language(draft, draft.labels["serial_number"])
    first = draft.fractures[0]
    old_foan = site.foan(int(rng.integers(40, 300)), int(draft.iso_date[:4]) - 1)
    old_serial = site.serial(int(rng.integers(1_000, 9_000)))
    other = _other(draft, first, rng)
    writer.line("Sehr geehrte Damen und Herren," if german else "Dear Sir or Madam,")
    writer.gap(5)
    quoted = (
        f"in unserem früheren Bericht zu {old_foan} war das Teil {serial_key} {old_serial} betroffen; die Ursache war "
        f"damals ein {other}. Der vorliegende Fall ist ähnlich wie {old_foan}, aber nicht gleich."
        if german
        else f"in our earlier report on {old_foan} the part with {serial_key} {old_serial} was concerned; the root "
        f"cause had been a {other}. The case at hand is similar to {old_foan}, yet not the same."
    )
    writer.paragraph(quoted)
    writer.gap(6)
    if rng.random() < 0.5:
        writer.line(f"{'Vgl.' if german else 'Cf.'} {old_foan}")
        writer.gap(4)
    for fracture in draft.fractures:
        cause_key = one_language(draft, draft.labels["defect_class"])
        entries = [*_what(draft, fracture), (cause_key, _cause_in_words(fracture))]
        writer.need(len(entries) * 1.6 * writer.size + 20)
        top = writer.y
        writer.pairs(entries)
        fracture.page = writer.page
        writer.sheets[-1].table_boxes.append((writer.left - 3, top, writer.right + 3, writer.y + 3))
        writer.gap(10)
    writer.line("Mit freundlichen Grüßen" if german else "Yours faithfully,")
    writer.line(draft.author)


def mail_thread(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A printed thread: the answer on top, below it older mails with a guess that it has overtaken."""
    german = draft.base == "de"
    names = {f: one_language(draft, draft.labels[f]) for f in draft.labels}
    fracture = draft.fractures[0]
    p = fracture.printed
    load = p.get("fracture_load_kn", "")
    if any(c.isdigit() for c in load):
        load += "" if draft.unit_place == "cell" else f" {draft.unit}"
    else:
        p.pop("fracture_load_kn", None)
        load = ""
    part = f"{names['serial_number']} {p['serial_number']} ({names['foan']} {p['foan']})"
    at = f" {'bei' if german else 'at'} {load}" if load else ""
    cause = _cause_in_words(fracture)
    fracture.page = writer.page
    writer.line("Hallo," if german else "Hello,")
    writer.gap(4)
    writer.paragraph(
        f"die Untersuchung ist fertig. Das Teil {part} brach{at}. {names['defect_class']}: {cause}."
        if german
        else f"the examination is finished. The part {part} broke{at}. {names['defect_class']}: {cause}."
    )
    writer.gap(4)
    writer.line(draft.author)
    writer.gap(8)
    mark = "> " if rng.random() < 0.6 else ""
    writer.line("-----Ursprüngliche Nachricht-----" if german else "-----Original Message-----")
    other = _other(draft, fracture, rng)
    number = f"{names['serial_number']} {p['serial_number']}"
    cause_line = f"{names['defect_class']}: {other}."
    if german:
        quoted = [f"Zwischenstand zu {number}: wir tippen auf", cause_line, "Das REM steht noch aus."]
    else:
        quoted = [f"Interim status of {number}: our guess is", cause_line, "The SEM is still to come."]
    for text in quoted:
        writer.line(f"{mark}{text}")


def remarks_below(writer: Writer, draft: Draft, rng: np.random.Generator) -> None:
    """A table of the parts with their causes, and below it remarks that name other causes without stating them."""
    rows = [[draft.label(f) for f in draft.fields]]
    rows += [[f.printed.get(name, "") for name in draft.fields] for f in draft.fractures]
    look = Look(rules=str(rng.choice(["grid", "rows"])), pad_x=5)
    for fracture, page in zip(draft.fractures, draw_table(writer, rows, look)[1:], strict=True):
        fracture.page = page
    writer.gap(10)
    writer.line("Bemerkungen" if draft.base == "de" else "Remarks", bold=True)
    for fracture in draft.fractures[:3]:
        if is_foreign(draft, fracture):
            continue
        serial = f"{one_language(draft, draft.labels['serial_number'])} {fracture.printed['serial_number']}"
        text = _pick(_SUSPECTED if rng.random() < 0.5 else _EXCLUDED, draft, rng, other=_other(draft, fracture, rng))
        writer.need(40)
        writer.paragraph(f"{serial}: {text}")
        writer.gap(4)
