"""Thousands of image names with planted truth, for sites that number their analyses in different ways.

Nothing but names, serial numbers and folders: what the ladder from names to fracture instances works on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sittings import Practice, Shot, report_days, take_shots

from data_contracts.identifiers import Grammar
from data_contracts.slips import LETTER_FOR
from fractocurate.matching.neighbours import SlipIndex

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"

SLIPS: tuple[tuple[str, float], ...] = (
    ("none", 0.40),
    ("separators", 0.16),
    ("no_prefix", 0.05),
    ("folder_only", 0.10),
    ("serial_only", 0.06),
    ("confused", 0.08),
    ("swapped", 0.04),
    ("dropped", 0.04),
    ("doubled", 0.04),
    ("replaced", 0.03),
)
"""Shares of what becomes of a FOAN in a name."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a site numbers its analyses and parts."""

    name: str
    foan_pattern: str
    """See ``data_contracts.identifiers``."""
    serial_pattern: str
    foan: Callable[[int], str]
    """The n-th FOAN."""
    serial: Callable[[int], str]
    """The n-th serial number."""
    threshold: float = 0.9
    """Similarity of a fuzzy match: a site with short numbers sets it so that one edit passes."""


SCHEMES = (
    Scheme(
        "sequential numbers",
        "FOAN-{year}-{number:4}",
        "{number:6}",
        lambda n: f"FOAN-{2005 + n // 400}-{n % 400 + 1:04d}",
        lambda n: f"{300_000 + 7 * n}",
    ),
    Scheme(
        "letters and year",
        "BR/{year}/{letters:2}{number:3}",
        "{letters:2}{number:5}",
        lambda n: f"BR/{2005 + n // 400}/{_LETTERS[n // 40 % 10]}{_LETTERS[n // 4000 + 3]}{n % 40 + 101}",
        lambda n: f"SK{20_000 + 3 * n}",
    ),
    Scheme(
        "check letter",
        "K{number:5}-{letters:1}",
        "{number:7}",
        lambda n: f"K{12_000 + n}-{_LETTERS[(12_000 + n) % 23]}",
        lambda n: f"{4_000_000 + 11 * n}",
        threshold=0.85,
    ),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One broken part."""

    foan: str
    serial_number: str
    has_report: bool
    issued: str | None = None
    """ISO 8601 date of its report."""


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image, what it shows, and what can be known of it."""

    path: str
    part: Part
    slip: str
    """Key of ``SLIPS``."""
    matchable: bool
    """A careful person could tell its part from name and folder, all FOANs of the archive being known to him."""
    visible: bool
    """False if the name states another FOAN of the reports and no serial number: then the name shows no slip."""
    shot: Shot | None = None
    """When and how it was taken, where the archive tells."""


@dataclass(frozen=True, slots=True)
class NamedArchive:
    """Parts and images."""

    scheme: Scheme
    parts: tuple[Part, ...]
    images: tuple[NamedImage, ...]


def make_names(
    scheme: Scheme,
    n_images: int,
    n_foans: int,
    rng: np.random.Generator,
    *,
    slips: Sequence[tuple[str, float]] = SLIPS,
    second_witness: float = 0.5,
    without_report: float = 0.2,
    practice: Practice | None = None,
) -> NamedArchive:
    """Draw an archive.

    Args:
        scheme: how the site numbers.
        n_images: image files.
        n_foans: analyses, numbered in sequence; one in five has two parts.
        rng: the only source of chance.
        slips: shares of what becomes of a FOAN in a name.
        second_witness: share of names with a serial number beside the FOAN; nearly all, where a FOAN has two parts.
        without_report: share of the FOANs that have no report.
        practice: how frames are taken and numbered; None: every frame by itself, with nothing beside its name.
    """
    n_parts = 1 + (rng.random(n_foans) < 0.2)
    has_report = rng.random(n_foans) >= without_report
    starts = np.cumsum(n_parts) - n_parts
    parts_of = [
        [Part(scheme.foan(n), scheme.serial(int(starts[n]) + k), bool(has_report[n])) for k in range(n_parts[n])]
        for n in range(n_foans)
    ]
    grammar = Grammar(scheme.foan_pattern)
    speller = _Speller(grammar, [parts[0] for parts in parts_of], rng)
    kinds, shares = [kind for kind, _ in slips], np.array([share for _, share in slips])
    drawn = rng.choice(len(kinds), n_images, p=shares / shares.sum())
    images: list[NamedImage] = []
    if practice is not None:
        family = [(siblings, part) for siblings in parts_of for part in siblings]
        n_of_part = rng.multinomial(n_images, np.full(len(family), 1 / len(family)))
        shots = take_shots(n_of_part.tolist(), practice, rng)
        issued = report_days(shots, practice, rng.spawn(1)[0])
        for shot, kind in zip(shots, drawn, strict=True):
            siblings, part = family[shot.part]
            share = 0.9 if len(siblings) > 1 else second_witness
            serial = part.serial_number if kinds[kind] == "serial_only" or rng.random() < share else ""
            images.append(speller.name(part, kinds[kind], serial, len(images), is_only=len(siblings) == 1, shot=shot))
        dated = (
            replace(part, issued=issued[n].isoformat() if n in issued else None) for n, (_, part) in enumerate(family)
        )
        return NamedArchive(scheme, tuple(dated), tuple(images))
    for number, kind in enumerate(drawn):
        siblings = parts_of[int(rng.integers(n_foans))]
        part = siblings[int(rng.integers(len(siblings)))]
        share = 0.9 if len(siblings) > 1 else second_witness
        serial = part.serial_number if kinds[kind] == "serial_only" or rng.random() < share else ""
        images.append(speller.name(part, kinds[kind], serial, number, is_only=len(siblings) == 1))
    return NamedArchive(scheme, tuple(part for parts in parts_of for part in parts), tuple(images))


class _Speller:
    """Spells FOANs and knows what a careful person makes of the spelling."""

    def __init__(self, grammar: Grammar, foans: Sequence[Part], rng: np.random.Generator) -> None:
        self._grammar, self._rng = grammar, rng
        self._reported = {part.foan for part in foans if part.has_report}
        self._foan_of_key = {grammar.key(part.foan): part.foan for part in foans}
        self._index = SlipIndex(self._foan_of_key)
        self._n_copies: dict[str, int] = {}

    def name(
        self, part: Part, slip: str, serial: str, number: int, *, is_only: bool, shot: Shot | None = None
    ) -> NamedImage:
        """One image; ``is_only``: its FOAN has no other part."""
        rng = self._rng
        folder = f"lab {int(rng.integers(4))}/box {number // 200}"
        spelt = "" if slip == "serial_only" else self._spell(part.foan, slip)
        stated, folder_tells = spelt, False
        if slip == "folder_only" or (slip in {"none", "separators"} and rng.random() < 0.2):
            folder, folder_tells = f"{folder}/{_file_form(part.foan)}", True
            stated = "" if slip == "folder_only" else spelt
        marked = serial and str(rng.choice([f"SN{serial}", f"SN {serial}", serial]))
        magnification = str(rng.choice(["500x", "x50", "2kx", "1000x"]))
        running = f"{number % 100:02d}"
        if shot is not None:
            magnification, running = f"{shot.magnification}x", f"{shot.number:02d}"
        pieces = [piece for piece in (stated, marked, magnification, running) if piece]
        joiner = str(rng.choice(["_", " ", "__"]))
        path = self._free(f"{folder}/{joiner.join(pieces)}", number, is_numbered=shot is not None)
        meant = self._meant(spelt, part.foan, slip)
        is_known = is_only or bool(serial)
        misread = bool(stated) and meant is not None and meant != part.foan
        if misread:
            # Only the serial number tells, and only if nobody else uses the FOAN that stands there.
            matchable = bool(serial) and self._grammar.key(meant or "") not in self._foan_of_key
        else:
            matchable = is_known and (meant is not None or bool(serial) or folder_tells)
        visible = not (misread and meant in self._reported and not serial)
        return NamedImage(path, part, slip, part.has_report and matchable, visible, shot)

    def _free(self, stem: str, number: int, *, is_numbered: bool) -> str:
        """A path that no other image has: where frames bear numbers, a file manager's copy number only if needed."""
        if not is_numbered:
            return f"{stem} ({number}).tif"
        copies = self._n_copies[stem] = self._n_copies.get(stem, 0) + 1
        return f"{stem} ({copies}).tif" if copies > 1 else f"{stem}.tif"

    def _spell(self, foan: str, slip: str) -> str:
        rng, form = self._rng, _file_form(foan)
        if slip == "separators":
            form = form.replace("-", str(rng.choice(["_", " ", ".", ""])))
            return form.lower() if rng.random() < 0.3 else form
        if slip == "no_prefix":
            return form.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
        places = [i for i in range(len(form)) if _can_slip(form, i, slip)]
        if not places:
            return form
        at = int(rng.choice(places))
        new = {
            "confused": LETTER_FOR.get(form[at], ""),
            "swapped": form[at + 1 : at + 2] + form[at],
            "dropped": "",
            "doubled": 2 * form[at],
            "replaced": str((ord(form[at]) + int(rng.integers(1, 10))) % 10),
        }
        n_replaced = 2 if slip == "swapped" else 1
        return form[:at] + new[slip] + form[at + n_replaced :] if slip in new else form

    def _meant(self, spelt: str, foan: str, slip: str) -> str | None:
        """The FOAN that a careful person reads; None if several are as likely, or none."""
        if slip in {"none", "separators", "no_prefix", "folder_only", "confused"}:
            return foan
        read = self._grammar.parse(spelt)
        if read is not None and not read.repairs:
            return read.value
        near = self._index.within_one_slip(self._grammar.key(spelt))
        return self._foan_of_key[near[0]] if len(near) == 1 else None


def _can_slip(form: str, at: int, slip: str) -> bool:
    """Whether a slip of this kind can happen to the character at ``at``."""
    following = form[at + 1 : at + 2]
    return {
        "confused": form[at] in LETTER_FOR,
        "swapped": form[at].isalnum() and following.isalnum() and following != form[at],
        "replaced": form[at].isdigit(),
    }.get(slip, form[at].isalnum())


def _file_form(foan: str) -> str:
    """No file name holds a slash."""
    return foan.replace("/", "-")
