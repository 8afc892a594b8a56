"""What a report says: fractures as they are and as they are printed."""

from dataclasses import dataclass, field

import numpy as np

from hard_reports import words
from hard_reports.site import Site, draw_year
from hard_reports.truth import InstanceTruth

FIELDS = ("foan", "serial_number", "instance_tag", "component_id", "fracture_load_kn", "defect_class", "sub_type")
CLASSES = ("hard_machining", "green_body", "material", "unknown")
CLASS_SHARES = (0.42, 0.28, 0.22, 0.08)


@dataclass
class Fracture:
    """One broken part. ``printed`` holds the text of each field; what is not printed is missing from it."""

    foan: str
    serial_number: str
    defect_class: str
    sub_type: str
    load_kn: float | None
    printed: dict[str, str]
    tag: str = ""
    component: str = ""
    expect: str = "value"
    why: str = ""
    page: int = 1

    def doubt(self, why: str) -> None:
        """No careful reader would take this row as certain."""
        self.expect, self.why = "review", why

    def truth(self) -> InstanceTruth:
        """As it goes into the truth file."""
        p = self.printed
        return InstanceTruth(
            foan=self.foan,
            serial_number=self.serial_number,
            instance_tag=self.tag if "instance_tag" in p else "",
            component_id=self.component if "component_id" in p else "",
            defect_class=self.defect_class,
            sub_type=self.sub_type,
            fracture_load_kn=self.load_kn if "fracture_load_kn" in p else None,
            foan_text=p.get("foan", ""),
            serial_number_text=p.get("serial_number", ""),
            instance_tag_text=p.get("instance_tag", ""),
            component_id_text=p.get("component_id", ""),
            defect_class_text=p.get("defect_class", ""),
            sub_type_text=p.get("sub_type", ""),
            fracture_load_text=p.get("fracture_load_kn", ""),
            page=self.page,
            expect=self.expect,
            why=self.why,
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a layout family needs of the content."""

    instances: tuple[int, int] = (2, 5)
    foans: str = "any"
    """``one``, ``many`` (with several fractures each, as a rule) or ``any``."""
    foan_field: bool = True
    """The FOAN stands in each row or block; otherwise in the header or in headings."""
    unit: str = ""
    """Where the unit of the load stands: ``header`` or ``cell``; empty for a draw."""
    full: bool = False
    """All fields are printed."""
    must: tuple[str, ...] = ()
    """Fields that are printed in any case."""
    never: tuple[str, ...] = ()
    """Fields for which there is no room."""
    figures: tuple[int, int] = (0, 3)


@dataclass
class Draft:
    """One report before it is laid out."""

    site: Site
    family: str
    language: str
    """``en``, ``de`` or ``mixed``."""
    base: str
    """Language of the running text."""
    number: str
    iso_date: str
    date_text: str
    author: str
    fractures: list[Fracture]
    fields: tuple[str, ...]
    labels: dict[str, str]
    unit: str
    """``kN`` or ``N``."""
    unit_place: str
    header_foan: str = ""
    """FOAN of the whole report as printed in its header; empty for none."""
    supersedes_number: str = ""
    second_opinion: dict[int, str] = field(default_factory=dict)
    """Index of a fracture -> another cause that the summary at the end states."""
    other_foans: tuple[str, ...] = ()
    traps: list[str] = field(default_factory=list)
    n_figures: int = 0

    def phrase(self, name: str, **values: object) -> str:
        """A fixed text of the report."""
        text = self.site.phrases.get(self.base, {}).get(name, words.PHRASES[self.base][name])
        return text.format(**values)

    def label(self, name: str, *, unit: str = "bracket") -> str:
        """Header of a column or key of a pair; the unit of the load behind it where it belongs there."""
        text = self.labels[name]
        if name == "fracture_load_kn" and self.unit_place != "cell":
            text += {"bracket": f" [{self.unit}]", "line": f"\n[{self.unit}]", "in": f" in {self.unit}", "none": ""}[
                unit
            ]
        return text

    @property
    def foans(self) -> list[str]:
        """FOANs as printed, in order, each once."""
        return list(dict.fromkeys(f.printed["foan"] for f in self.fractures))


@dataclass
class Counters:
    """Running numbers of one site."""

    foan: int
    serial: int
    report: int
    year: int


class Author:
    """Draws the content of one site's reports."""

    def __init__(self, site: Site, rng: np.random.Generator) -> None:
        self.site, self.rng = site, rng
        self.counters = Counters(site.first_number, site.first_serial, int(rng.integers(20, 90)), draw_year(rng, site))

    def draft(self, family: str, shape: Shape) -> Draft:
        """One report, without difficulties yet."""
        rng, site = self.rng, self.site
        language = str(rng.choice(site.languages))
        base = language if language != "mixed" else str(rng.choice(["en", "de"]))
        self.counters.report += int(rng.integers(1, 4))
        unit = "N" if rng.random() < 0.3 else "kN"
        unit_place = shape.unit or str(rng.choice(["header", "header", "cell"]))
        fields = self._fields(shape)
        labels = {name: self._label(name, language) for name in (*FIELDS, "report_number", "report_date")}
        iso_date = f"{self.counters.year}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        style = (unit, unit_place, int(rng.integers(0, 3)), int(rng.integers(0, 3)))
        draft = Draft(
            site=site,
            family=family,
            language=language,
            base=base,
            number=site.report_number.format(year=self.counters.year, number=self.counters.report),
            iso_date=iso_date,
            date_text=_date_text(iso_date, base, int(rng.integers(0, 4))),
            author=str(rng.choice(words.AUTHORS)),
            fractures=self._fractures(shape, fields, base, style),
            fields=fields,
            labels=labels,
            unit=unit,
            unit_place=unit_place,
            n_figures=int(rng.integers(shape.figures[0], shape.figures[1] + 1)),
        )
        one = len(draft.foans) == 1
        if one and (not shape.foan_field or rng.random() < 0.4):
            draft.header_foan = draft.foans[0]
        return draft

    def revised(self, draft: Draft) -> bool:
        """Let a report replace an earlier one of the same fractures: the cause of the first is another now."""
        known = [f for f in draft.fractures if f.expect == "value" and f.defect_class != "unknown"]
        if not known:
            return False
        draft.supersedes_number = draft.number
        self.counters.report += 1
        draft.number = self.site.report_number.format(year=self.counters.year, number=self.counters.report)
        month, day = int(draft.iso_date[5:7]), int(draft.iso_date[8:])
        draft.iso_date = (
            f"{draft.iso_date[:4]}-{month:02d}-{min(day + 1, 28):02d}"
            if day < 28
            else f"{int(draft.iso_date[:4]) + 1}-01-09"
        )
        draft.date_text = _date_text(draft.iso_date, draft.base, int(self.rng.integers(0, 4)))
        first = known[0]
        first.defect_class = next(c for c in CLASSES if c not in {first.defect_class, "unknown"})
        self.word_cause(first, draft.fields, draft.base)
        return True

    def next_foan(self) -> str:
        """The next FOAN of the site; now and then a new year begins."""
        counters = self.counters
        counters.foan += int(self.rng.choice([1, 1, 1, 2, 3]))
        if "{year}" in self.site.foan_pattern and self.rng.random() < 0.015 and counters.year < self.site.years[1]:
            counters.year, counters.foan = counters.year + 1, int(self.rng.integers(41, 90))
        return self.site.foan(self.counters.foan, self.counters.year)

    def _fields(self, shape: Shape) -> tuple[str, ...]:
        rng = self.rng
        optional = {
            "instance_tag": 0.6,
            "component_id": 0.45,
            "fracture_load_kn": 0.85,
            "sub_type": 0.85,
        }
        drawn = [f for f in FIELDS if f not in optional or shape.full or rng.random() < optional[f]]
        fields = [f for f in FIELDS if (f in drawn or f in shape.must) and f not in shape.never]
        if not shape.foan_field:
            fields.remove("foan")
        draw = rng.random()
        if draw < 0.3 and "foan" in fields:  # serial number first
            fields[0], fields[1] = fields[1], fields[0]
        elif draw < 0.5:  # load last
            fields.sort(key=lambda f: f == "fracture_load_kn")
        elif draw < 0.65 and "instance_tag" in fields:  # tag first
            fields.sort(key=lambda f: f != "instance_tag")
        return tuple(fields)

    def _label(self, name: str, language: str) -> str:
        if language == "mixed":
            return f"{self._label(name, 'de')} / {self._label(name, 'en')}"
        own = self.site.columns.get(language, {}).get(name, ())
        known = words.COLUMNS[language][name]
        return str(self.rng.choice(own if own and self.rng.random() < 0.5 else known))

    def _fractures(
        self, shape: Shape, fields: tuple[str, ...], base: str, style: tuple[str, str, int, int]
    ) -> list[Fracture]:
        rng = self.rng
        n = int(rng.integers(shape.instances[0], shape.instances[1] + 1))
        several = shape.foans == "many" or (shape.foans == "any" and n > 1 and rng.random() < 0.6)
        tag_style, load_low = int(rng.integers(0, 4)), float(rng.uniform(3, 30))
        component = f"{rng.choice(['RB', 'PL', 'SE', 'KG'])}{rng.integers(10, 99)}.{rng.integers(100, 999)}"
        self.counters.serial += int(rng.integers(3, 40))
        fractures: list[Fracture] = []
        foan, main_class = self.next_foan(), str(rng.choice(CLASSES, p=CLASS_SHARES))
        for k in range(n):
            if several and k and rng.random() < (0.45 if shape.foans == "many" else 0.7):
                foan, main_class = self.next_foan(), str(rng.choice(CLASSES, p=CLASS_SHARES))
            if shape.foans == "many" and k == n - 1 and len({f.foan for f in fractures}) == 1:
                foan = self.next_foan()  # at least two
            self.counters.serial += int(rng.choice([1, 1, 1, 2, 7]))
            fracture = Fracture(
                foan=foan,
                serial_number=self.site.serial(self.counters.serial),
                defect_class=main_class if rng.random() < 0.75 else str(rng.choice(CLASSES, p=CLASS_SHARES)),
                sub_type="",
                load_kn=round(load_low * float(rng.uniform(0.8, 1.6)), 2 if style[0] == "N" else 1),
                tag=(f"P{k + 1}", str(k + 1), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[k % 26], f"F-{k + 1:02d}")[tag_style],
                component=component,
                printed={},
            )
            self._print(fracture, fields, base, style)
            fractures.append(fracture)
        return fractures

    def _print(self, fracture: Fracture, fields: tuple[str, ...], base: str, style: tuple[str, str, int, int]) -> None:
        fracture.printed["foan"] = fracture.foan
        fracture.printed["serial_number"] = fracture.serial_number
        if "instance_tag" in fields:
            fracture.printed["instance_tag"] = fracture.tag
        if "component_id" in fields:
            fracture.printed["component_id"] = fracture.component
        if "fracture_load_kn" in fields and fracture.load_kn is not None:
            fracture.printed["fracture_load_kn"] = _load_text(fracture.load_kn, base, style)
        self.word_cause(fracture, fields, base)

    def word_cause(self, fracture: Fracture, fields: tuple[str, ...], base: str) -> None:
        """Choose wordings for cause and sub-type; where no column holds the sub-type it may stand behind the cause."""
        site, rng, kind = self.site, self.rng, fracture.defect_class
        own = site.causes.get(base, {}).get(kind, ())
        fracture.printed["defect_class"] = str(
            rng.choice(own if own and rng.random() < 0.4 else words.CAUSES[base][kind])
        )
        names = (*words.SUB_TYPES_OF[kind], *site.sub_types_of.get(kind, ()))
        fracture.sub_type = str(rng.choice(names)) if names and rng.random() < 0.9 else ""
        own_subs = site.sub_types.get(base, {})
        if fracture.sub_type in site.sub_types_of.get(kind, ()) and fracture.sub_type not in own_subs:
            fracture.sub_type = ""  # the site has no word for it in this language
        text = str(rng.choice(words.NO_SUB_TYPE[base]))
        if fracture.sub_type:
            own_words, known = own_subs.get(fracture.sub_type, ()), words.SUB_TYPES[base].get(fracture.sub_type, ())
            text = str(rng.choice(own_words if own_words and (not known or rng.random() < 0.5) else known))
        if "sub_type" in fields:
            fracture.printed["sub_type"] = text
        elif fracture.sub_type and rng.random() < 0.4:
            fracture.printed["defect_class"] += f" ({text})"
        else:
            fracture.sub_type = ""


def _load_text(load_kn: float, base: str, style: tuple[str, str, int, int]) -> str:
    unit, place, digits, _ = style
    if unit == "N":
        newtons = round(load_kn * 1000)
        separator = ("", "." if base == "de" else ",", " ")[digits] if newtons >= 1000 else ""
        text = f"{newtons:,}".replace(",", separator)
    else:
        text = f"{load_kn:.1f}"
        if base == "de":
            text = text.replace(".", ",")
    return f"{text} {unit}" if place == "cell" else text


def _date_text(iso_date: str, base: str, style: int) -> str:
    year, month, day = iso_date.split("-")
    name = words.MONTHS[base][int(month) - 1]
    if base == "de":
        return (f"{day}.{month}.{year}", f"{int(day)}. {name} {year}", f"{int(day)}.{int(month)}.{year}", iso_date)[
            style
        ]
    return (iso_date, f"{int(day)} {name} {year}", f"{name} {int(day)}, {year}", f"{int(day)} {name[:3]} {year}")[style]
