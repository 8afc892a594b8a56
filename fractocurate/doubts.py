"""What a curator should look at, and why: each source of doubt is one function from a catalog to rows.

A new source is one more function in ``SOURCES``. Nothing here settles anything; the review sheet shows it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from data_contracts.catalog import Catalog
from data_contracts.chance import may_doubt_labels
from data_contracts.vocabulary import DefectClass, MatchMethod, MatchReason, MatchStatus
from fractocurate.leakage.settings import DEFAULT_CLUSTER_SSIM
from fractocurate.stages.matching import TAKEN_ON

ONE_FIELD_TWO_FOANS = "one_field_two_foans"
ONE_FIELD_TWO_CLASSES = "one_field_two_classes"
ODD_DATE = "taken_at_an_odd_time"
LABEL_DOUBTED = "label_doubted_by_model"
BAR_UNREAD = "data_bar_unread"
VALUES_DISAGREE = "frame_values_disagree"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to look at one image file."""

    path: str
    reason: str
    """A word to filter by."""
    detail: str
    """The evidence, in a sentence."""
    guard: str = ""
    """The guard that stopped a link; empty if none did."""
    partner: str = ""
    """The image file that speaks against this one; empty if none does."""
    instance_ids: tuple[str, ...] = ()
    """Instances to propose behind the candidates that matching ranked."""


Source = Callable[[Catalog], Iterable[Doubt]]


def unsettled_links(catalog: Catalog) -> Iterator[Doubt]:
    """What is in review, and what has no name of its own but company that proposes a part."""
    rows = catalog.query(
        "SELECT path, reason, guard, evidence FROM matches "
        "WHERE status = $review OR (reason = $nameless AND path IN (SELECT path FROM match_candidates)) ORDER BY path",
        {"review": str(MatchStatus.REVIEW), "nameless": str(MatchReason.NO_IDENTIFIER)},
    )
    for path, reason, guard, evidence in rows.iter_rows():
        yield Doubt(path, reason, evidence, guard)


def conflicting_pairs(catalog: Catalog) -> Iterator[Doubt]:
    """Images of one field, as `fracto audit` found them, that bear different FOANs or labels; the likest pairs first.

    Each side is a row of its own and names the other. A side that a person has decided is settled; an image whose FOAN
    is known speaks against the other even if no report has it.
    """
    rows = catalog.query(
        "WITH named AS MATERIALIZED ("
        "  SELECT path, micrograph_id, foan, defect_class, instance_id, status, match_method FROM dataset"
        "  WHERE micrograph_id IS NOT NULL AND foan IS NOT NULL"
        "), alike AS ("
        "  SELECT *, greatest(field_ssim, CASE WHEN source IN ('pixels', 'phash') THEN ssim END) AS same"
        "  FROM similar_pairs"
        "  WHERE confirmed AND (field_ssim IS NOT NULL OR (source IN ('pixels', 'phash') AND ssim >= $alike))"
        ") "
        "SELECT a.path, b.path AS partner, s.kind, s.same, a.foan, b.foan AS other_foan, a.defect_class AS class, "
        "       b.defect_class AS other_class, b.instance_id "
        "FROM (SELECT micrograph_a AS own, micrograph_b AS other, kind, same FROM alike UNION ALL "
        "      SELECT micrograph_b, micrograph_a, kind, same FROM alike) s "
        "JOIN named a ON a.micrograph_id = s.own JOIN named b ON b.micrograph_id = s.other "
        "WHERE $matched IN (a.status, b.status) AND a.match_method IS DISTINCT FROM $reviewed "
        "AND (a.foan <> b.foan OR (a.defect_class <> b.defect_class AND $unknown NOT IN "
        "     (a.defect_class, b.defect_class))) "
        "ORDER BY s.same DESC, a.path, b.path",
        {
            "alike": _cluster_ssim(catalog),
            "matched": str(MatchStatus.MATCHED),
            "reviewed": str(MatchMethod.REVIEWED),
            "unknown": str(DefectClass.UNKNOWN),
        },
    )
    for row in rows.iter_rows(named=True):
        other = ", ".join(filter(None, (row["other_foan"], row["other_class"])))
        own = ", ".join(filter(None, (row["foan"], row["class"])))
        yield Doubt(
            row["path"],
            ONE_FIELD_TWO_CLASSES if _contradict(row["class"], row["other_class"]) else ONE_FIELD_TWO_FOANS,
            f"bears {own}, but shows the field of {row['partner']}, which bears {other} "
            f"({row['kind'].replace('_', ' ')}, SSIM {row['same']:.2f})",
            partner=row["partner"],
            instance_ids=() if row["instance_id"] is None else (row["instance_id"],),
        )


def doubted_frames(catalog: Catalog) -> Iterator[Doubt]:
    """Linked frames of which a person should look at the picture itself.

    What looks like a data bar may be left in it, or its sources contradict each other over magnification or pixel size,
    as those of a frame under another's name do. A link that a person has decided is settled.
    """
    rows = catalog.query(
        "SELECT d.path, m.issues FROM dataset d JOIN micrographs m USING (micrograph_id) "
        "WHERE d.status = $matched AND d.match_method IS DISTINCT FROM $reviewed "
        "AND (m.issues LIKE '%cannot be read; nothing was cropped%' OR m.issues LIKE '%sources disagree%') "
        "ORDER BY d.path",
        {"matched": str(MatchStatus.MATCHED), "reviewed": str(MatchMethod.REVIEWED)},
    )
    for path, issues in rows.iter_rows():
        yield Doubt(path, BAR_UNREAD if "nothing was cropped" in issues else VALUES_DISAGREE, issues)


@dataclass(frozen=True, slots=True)
class _Judge:
    """The latest training run with out-of-fold answers, and what they are worth."""

    run_id: str
    macro_f1: float | None
    low: float | None
    high: float | None
    counts: dict[tuple[str, str], int]
    """(true class, answered class) -> frames."""


def doubted_labels(catalog: Catalog) -> Iterator[Doubt]:
    """Labels that the out-of-fold answers of the latest training run doubt, the strongest suspicion first.

    None if that run is not clearly better than chance (``data_contracts.chance``). A label that changed since, or that
    a person decided, is no longer in doubt. A suspicion is no finding, so each row says how good the run is.
    """
    judge = _latest_judge(catalog)
    if judge is None or judge.macro_f1 is None or not may_doubt_labels(judge.low, judge.counts):
        return
    rows = catalog.query(
        "SELECT DISTINCT ON (x.rank, d.path) d.path, x.given_class, x.suggested_class, x.given_probability, "
        "       x.suggested_probability, x.rank, d.match_method, d.report_path, d.report_page "
        "FROM label_issues x JOIN dataset d USING (sha256) "
        "WHERE x.run_id = $run AND d.status = $matched AND d.defect_class = x.given_class "
        "AND d.match_method IS DISTINCT FROM $reviewed "
        "ORDER BY x.rank, d.path",
        {"run": judge.run_id, "matched": str(MatchStatus.MATCHED), "reviewed": str(MatchMethod.REVIEWED)},
    )
    for row in rows.iter_rows(named=True):
        page = "" if row["report_page"] is None else f", page {row['report_page']}"
        yield Doubt(
            row["path"],
            LABEL_DOUBTED,
            f"is labelled {row['given_class']} (link: {row['match_method']}; label: {row['report_path']}{page}); a "
            f"model that never saw it says {row['suggested_class']} with probability {row['suggested_probability']:.2f}"
            f", {row['given_class']} with {row['given_probability']:.2f} (suspicion {row['rank']} of {judge.run_id}, "
            f"macro-F1 {judge.macro_f1:.2f} [{judge.low:.2f}, {judge.high:.2f}])",
        )


def _latest_judge(catalog: Catalog) -> _Judge | None:
    runs = catalog.query(
        "SELECT run_id, settings FROM runs WHERE command = 'train' AND run_id IN (SELECT run_id FROM predictions) "
        "ORDER BY started_at DESC, run_id DESC LIMIT 1"
    )
    if runs.is_empty():
        return None
    run_id, settings = runs.row(0)
    figures = catalog.query(
        "SELECT metric, value FROM fold_metrics WHERE run_id = $run AND fold = -1 AND part = 'validation' "
        "AND defect_class = 'all' AND selection = $selection",
        {"run": run_id, "selection": json.loads(settings or "{}").get("cv", {}).get("selection")},
    )
    value = dict(figures.iter_rows())
    answers = catalog.query(
        "SELECT true_class, predicted_class, count(*) FROM predictions WHERE run_id = $run GROUP BY ALL",
        {"run": run_id},
    )
    counts = {(true, answered): n for true, answered, n in answers.iter_rows()}
    low, high = value.get("macro_f1:bootstrap_low"), value.get("macro_f1:bootstrap_high")
    return _Judge(run_id, value.get("macro_f1"), low, high, counts)


def odd_dates(catalog: Catalog) -> Iterator[Doubt]:
    """Links that stand although the frame was taken at an odd time for its report; what people linked is settled."""
    rows = catalog.query(
        "SELECT m.path, r.note FROM matches m JOIN readings r ON r.subject = 'image_file' AND r.subject_id = m.path "
        "WHERE r.field = $field AND m.status = $matched AND m.method IS DISTINCT FROM $reviewed ORDER BY m.path",
        {"field": TAKEN_ON, "matched": str(MatchStatus.MATCHED), "reviewed": str(MatchMethod.REVIEWED)},
    )
    for path, note in rows.iter_rows():
        yield Doubt(path, ODD_DATE, note)


SOURCES: tuple[Source, ...] = (unsettled_links, conflicting_pairs, odd_dates, doubted_frames, doubted_labels)
"""In the order in which a curator should see them."""


def collect_doubts(catalog: Catalog) -> list[Doubt]:
    """All doubts from all sources, in their order; one image file may have several."""
    return [doubt for source in SOURCES for doubt in source(catalog)]


def _contradict(label: str | None, other: str | None) -> bool:
    return None not in (label, other) and label != other and DefectClass.UNKNOWN not in {label, other}


def _cluster_ssim(catalog: Catalog) -> float:
    """From which SSIM on the last audit took an unaligned pair for one field."""
    runs = catalog.query(
        "SELECT settings FROM runs WHERE command = 'audit' ORDER BY started_at DESC, run_id DESC LIMIT 1"
    )
    settings = json.loads(runs["settings"][0]) if runs.height else {}
    return float(settings.get("cluster_ssim", DEFAULT_CLUSTER_SSIM))
