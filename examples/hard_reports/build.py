"""Draws the reports of every site from one seed and writes them with their truth."""

import copy
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from reportlab import rl_config

from hard_reports.broken import broken_files
from hard_reports.content import Author, Draft
from hard_reports.document import FAMILIES, set_report
from hard_reports.glyphs import register_garbled
from hard_reports.physics import NEEDS_VERA, Press, draw_carriers
from hard_reports.sheet import register_fonts
from hard_reports.site import Site
from hard_reports.sites import SITES
from hard_reports.traps import deal_traps, plant_traps
from hard_reports.truth import ReportTruth, truth_json


def site_names(*, held_out: bool) -> tuple[str, ...]:
    """The sites that are generated with or without the flag."""
    return tuple(s.name for s in SITES if s.held_out == held_out)


def make_reports(
    out: Path,
    *,
    seed: int,
    reports_per_site: int,
    held_out: bool = False,
    foreign: bool = False,
    sites: Sequence[str] | None = None,
    say: Callable[[str], None] = lambda line: None,  # noqa: ARG005 - silence is a choice of the caller
) -> list[ReportTruth]:
    """Write ``out/SITE/{reports/*.pdf,site.yaml,truth.json}`` for every site.

    Args:
        out: folder to write to; files of the same name are replaced.
        seed: the same seed gives the same bytes, with the same fonts and library versions.
        reports_per_site: reports of each site, copies and revisions included, broken files not.
        held_out: write the sites and layout families kept back for measuring, and only those.
        foreign: deal the layout families of other houses, and only those.
        sites: names of the sites to write; all by default.
        say: takes a line on each finished site.

    Raises:
        ValueError: a site of that name does not exist, or not on this side of ``held_out``.
    """
    known = site_names(held_out=held_out)
    wanted = tuple(sites) if sites is not None else known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"no such site: {', '.join(unknown)}; choose from {', '.join(known)}")
    register_fonts()
    register_garbled()
    truths: list[ReportTruth] = []
    with _binary_streams():
        for site in SITES:
            if site.name in wanted:
                of_site = _make_site(out / site.name, site, seed, reports_per_site, foreign=foreign)
                say(f"{site.name}: {len(of_site)} files")
                truths += of_site
    return truths


@contextmanager
def _binary_streams() -> Iterator[None]:
    """Pictures as bytes: writing them as text, reportlab's default, takes most of the time."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _make_site(folder: Path, site: Site, seed: int, n_reports: int, *, foreign: bool) -> list[ReportTruth]:
    rng = np.random.default_rng([seed, zlib.crc32(site.name.encode())])
    author = Author(site, rng)
    families, carriers, traps = _plan(site, seed, n_reports, foreign=foreign)
    truths: list[ReportTruth] = []
    drafts: dict[str, Draft] = {}
    contents: dict[str, bytes] = {}
    while len(truths) < n_reports:
        number = len(truths)
        file = f"reports/{_file_name(site, number, rng)}"
        if number >= 3 and number % 11 == 5:
            original = truths[int(rng.integers(0, number))]
            if not original.duplicate_of:
                contents[file] = contents[original.file]
                truths.append(_copy_of(original, file))
                continue
        family, supersedes = families[number], ""
        draft = None
        if number >= 2 and number % 9 == 7:
            draft, supersedes = _revision(author, drafts, truths)
            family = draft.family if draft else family
        if draft is None:
            shape = FAMILIES[family].shape
            if traps[number] == "header_contradicts" and shape.foan_field and shape.foans == "any":
                shape = replace(shape, foans="one")  # a header can contradict one FOAN only
            draft = author.draft(family, shape)
            plant_traps(author, draft, traps[number])
        contents[file], truth = _write(draft, file, supersedes, carriers[number], rng)
        drafts[file] = draft
        truths.append(truth)
    if site.has_broken_files:
        for name, reason, content in broken_files(contents[truths[0].file], rng):
            contents[f"reports/{name}"] = content
            truths.append(_failure(site, f"reports/{name}", reason))
    for file, content in contents.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    (folder / "site.yaml").write_text(site.profile_yaml(), encoding="utf-8")
    (folder / "truth.json").write_bytes(truth_json(site.name, truths))
    return truths


def _plan(site: Site, seed: int, n_reports: int, *, foreign: bool) -> tuple[list[str], list[str], list[str]]:
    """Layout family, carrier and main difficulty of each report, dealt over all sites: each comes in its share."""
    names = site_names(held_out=site.held_out)
    rng = np.random.default_rng([seed, 1, int(site.held_out)])
    n_all = n_reports * len(names)
    kinds = [
        name
        for name, family in FAMILIES.items()
        if family.foreign == foreign and (foreign or family.held_out == site.held_out)
    ]
    families: list[str] = []
    while len(families) < n_all:
        families += [str(x) for x in rng.permutation(kinds)]
    carriers = draw_carriers(rng, n_all, held_out=site.held_out)
    own = slice(names.index(site.name) * n_reports, (names.index(site.name) + 1) * n_reports)
    return families[own], carriers[own], deal_traps(rng, n_all)[own]


def _file_name(site: Site, number: int, rng: np.random.Generator) -> str:
    """As people name files: with nothing in it that identifies a fracture."""
    words = ("report", "Bericht", "scan", "doc", "FA_final", "Gutachten")
    stem = str(rng.choice(words[:1] + words[2:4] if site.languages[0] != "de" else words))
    return f"{stem}_{number + 1:03d}.pdf"


def _revision(author: Author, drafts: dict[str, Draft], truths: list[ReportTruth]) -> tuple[Draft | None, str]:
    """A later report that replaces the latest one that can be revised."""
    replaced = {t.supersedes for t in truths}
    for file in reversed(drafts):
        # Foreign layouts reword causes as they print them.
        if file in replaced or drafts[file].supersedes_number or FAMILIES[drafts[file].family].foreign:
            continue
        draft = copy.deepcopy(drafts[file])
        draft.traps = ["supersedes"]
        if not draft.second_opinion and all(f.expect == "value" for f in draft.fractures) and author.revised(draft):
            return draft, file
    return None, ""


def _write(
    draft: Draft, file: str, supersedes: str, carrier: str, rng: np.random.Generator
) -> tuple[bytes, ReportTruth]:
    family = FAMILIES[draft.family]
    if family.fixed_pitch and carrier in NEEDS_VERA:
        carrier = "scan"  # Courier has no outlines here
    sheets, figures = set_report(draft, family, rng, face="vera" if carrier in NEEDS_VERA else "")
    press = Press(rng, draft.base)
    content = press.report(sheets, figures, carrier)
    truth = ReportTruth(
        site=draft.site.name,
        file=file,
        family=draft.family,
        language=draft.language,
        expect="ok",
        failure_reason="",
        duplicate_of="",
        supersedes=supersedes,
        report_number=draft.number,
        report_date=draft.iso_date,
        traps=tuple(draft.traps),
        pages=tuple(press.pages),
        instances=tuple(f.truth() for f in draft.fractures),
        figures=tuple(press.figures),
    )
    return content, truth


def _copy_of(original: ReportTruth, file: str) -> ReportTruth:
    return replace(original, file=file, duplicate_of=original.file)


def _failure(site: Site, file: str, reason: str) -> ReportTruth:
    return ReportTruth(
        site=site.name,
        file=file,
        family="broken",
        language="",
        expect="failure",
        failure_reason=reason,
        duplicate_of="",
        supersedes="",
        report_number="",
        report_date="",
        traps=(),
    )
