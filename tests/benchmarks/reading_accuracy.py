"""Compare what a catalog says of reports with the truth that `examples/make_reports.py` plants."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from data_contracts.catalog import Catalog

Record = Mapping[str, Any]

FIELDS = ("foan", "serial_number", "defect_class", "sub_type", "fracture_load_kn")
"""What the whole row right means."""
SURE = 0.95
"""Values with this confidence or more must be wrong at most once in 200."""
_LEAST_AGREEMENT = 2.0
_WEIGHTS = {"serial_number": 2.0, "foan": 1.0, "instance_tag": 1.0, "defect_class_raw": 1.0, "fracture_load_raw": 1.0}
_TRUE_NAMES = {"defect_class_raw": "defect_class_text", "fracture_load_raw": "fracture_load_kn_text"}


@dataclass
class Score:
    """Counts over reports; adding two adds their counts."""

    counts: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Take in another score."""
        self.counts.update(other.counts)
        self.mistakes.extend(other.mistakes)

    def share(self, part: str, whole: str) -> float:
        """One count over another; NaN over nothing."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else float("nan")


def score_site(catalog: Catalog, site: Path) -> dict[str, Score]:
    """Scores by layout family, and by how the page of an instance had to be read (names begin with ``page:``)."""
    truth = json.loads((site / "truth.json").read_text("utf-8"))["reports"]
    said = _said_by_report(catalog)
    failed = set(catalog.query("SELECT item FROM failures WHERE stage = 'reports'")["item"])
    scores: dict[str, Score] = {}
    copies: dict[str, list[str]] = {}
    for report in truth:
        copies.setdefault(report.get("duplicate_of") or report["file"], []).append(report["file"])
    for report in truth:
        if report.get("duplicate_of"):
            continue
        path = report["file"].removeprefix("reports/")
        # Equal files are one report, which the catalog knows by the first of their names.
        found = said.get(min(copies[report["file"]]).removeprefix("reports/"), [])
        if report["expect"] == "failure":
            score = scores.setdefault("failures", Score())
            score.counts["failures"] += 1
            score.counts["failures named"] += path in failed
            score.counts["silent"] += sum(not row["in_review"] for row in found)
            continue
        for name, score in _score_report(report, found, f"{site.name}/{path}"):
            scores.setdefault(name, Score()).add(score)
    return scores


def _said_by_report(catalog: Catalog) -> dict[str, list[dict[str, Any]]]:
    rows = catalog.query(
        "SELECT r.path, i.* FROM fracture_instances i JOIN reports r USING (report_id) ORDER BY r.path, i.page"
    )
    readings: dict[str, dict[str, Any]] = {}
    for reading in catalog.query("SELECT * FROM readings WHERE subject = 'instance'").iter_rows(named=True):
        readings.setdefault(reading["subject_id"], {})[reading["field"]] = reading
    said: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        said.setdefault(row["path"], []).append({**row, "readings": readings.get(row["instance_id"], {})})
    return said


def _score_report(report: Record, found: Sequence[Record], name: str) -> Iterator[tuple[str, Score]]:
    true = report["instances"]
    pages = {page["page"]: page["must_read_by"] for page in report["pages"]}
    pairs = _paired(true, found)
    for index, instance in enumerate(true):
        row = found[pairs[index]] if index in pairs else None
        score = _score_instance(instance, row, f"{name} p{instance['page']} [{report['family']}]")
        yield report["family"], score
        yield f"page:{pages.get(instance['page'], '?')}", score
    invented = [row for k, row in enumerate(found) if k not in pairs.values()]
    score = Score()
    for row in invented:
        score.counts["invented"] += 1
        score.counts["silent"] += not row["in_review"]
        score.mistakes.append(
            f"invented{'' if row['in_review'] else ' SILENT'} {name} p{row['page']} [{report['family']}]: "
            f"{row['foan']} {row['serial_number']} {row['defect_class']} {row['fracture_load_kn']}"
        )
    yield report["family"], score


def _paired(true: Sequence[Record], found: Sequence[Record]) -> dict[int, int]:
    """Which row of the catalog states which true instance: the assignment in which most cells agree."""
    if not true or not found:
        return {}
    agreement = np.array([[_agreement(t, f) for f in found] for t in true])
    rows, columns = linear_sum_assignment(-agreement)
    return {int(i): int(k) for i, k in zip(rows, columns, strict=True) if agreement[i, k] >= _LEAST_AGREEMENT}


def _agreement(true: Record, row: Record) -> float:
    total = 0.0
    for name, weight in _WEIGHTS.items():
        expected, got = true.get(_TRUE_NAMES.get(name, name)), row[name]
        total += weight * (bool(expected) and _plain(expected) == _plain(got))
    return total + 0.1 * (true["page"] == row["page"])


def _plain(value: object) -> str:
    return "".join(c for c in str(value).casefold() if c.isalnum())


def _same(name: str, true: Record, row: Record) -> bool:
    expected, got = true[name], row[name]
    if name == "fracture_load_kn":
        return got is None if expected is None else got is not None and abs(got - expected) < 0.051
    if name == "sub_type":
        return (expected or "") == (got or "")
    return bool(expected == got)


def _is_flagged(name: str, row: Record) -> bool:
    """Whether a person is told to look at this value before anything rests on it."""
    if row["in_review"]:
        return True
    word = {"fracture_load_kn": "fracture load", "sub_type": "sub-type"}.get(name)
    return word is not None and word in row["remarks"]


def _score_instance(true: Record, row: Record | None, name: str) -> Score:
    score = Score()
    counts = score.counts
    if true["expect"] == "review":
        counts["to review"] += 1
        counts["in review"] += row is None or row["in_review"]
        if row is not None and not row["in_review"]:
            counts["silent"] += 1
            score.mistakes.append(f"not in review {name}: {true['why']}; got {_short(row)} {row['remarks']}")
        return score
    counts["rows"] += 1
    if row is None:
        counts["missing"] += 1
        score.mistakes.append(f"missing {name}: {_short(true)}")
        return score
    counts["rows in review"] += row["in_review"]
    wrong = [field_name for field_name in FIELDS if not _same(field_name, true, row)]
    counts["row right"] += not wrong
    for field_name in FIELDS:
        is_right = field_name not in wrong
        counts[f"{field_name} right"] += is_right
        reading = row["readings"].get(field_name)
        if reading is not None and reading["value"] is not None and reading["confidence"] >= SURE:
            counts["sure"] += 1
            counts["sure but wrong"] += not is_right
            if not is_right:
                score.mistakes.append(f"SURE BUT WRONG {name} {field_name}: {reading['raw']!r} {reading['value']!r}")
    unflagged = [field_name for field_name in wrong if not _is_flagged(field_name, row)]
    counts["silent"] += bool(unflagged)
    counts["false"] += any(row[field_name] not in {None, "", "unknown"} for field_name in unflagged)
    if wrong:
        details = ", ".join(f"{w}: got {row[w]!r}, true {true[w]!r} ({true.get(w + '_text')!r})" for w in wrong)
        score.mistakes.append(
            f"wrong{' SILENT' if unflagged else ''} {name}: {details} {row['issues']} {row['remarks']}"
        )
    elif row["in_review"]:
        score.mistakes.append(f"right, in review {name}: {row['issues']} {row['contradictions']}")
    return score


def _short(row: Record) -> str:
    return f"{row['foan']} {row['serial_number']} {row['defect_class']} {row['sub_type']} {row['fracture_load_kn']}"


def table(scores: Mapping[str, Score]) -> str:
    """A line per family and one for all, as percentages of the rows that can be known.

    ``missing`` rows are not in the catalog; ``invent``ed ones are in no report. ``silent`` rows have a wrong or missing
    value that nothing points at, ``false`` ones a wrong one. ``sure`` values have a confidence of 0.95 or more.
    """
    shares = ("FOAN", "serial", "class", "subtyp", "load", "row")
    counts = ("rows", *shares, "missing", "invent", "review", "silent", "false", "sure", "wrong")
    lines = [f"{'':24s} " + " ".join(f"{name:>7s}" for name in counts)]
    total = Score()
    for name, score in scores.items():
        if not name.startswith("page:"):
            total.add(score)
    for name, score in [*sorted(scores.items()), ("ALL", total)]:
        c = score.counts
        parts = [*(f"{f} right" for f in FIELDS), "row right"]
        figures = [f"{c['rows']:7d}", *(f"{100 * score.share(part, 'rows'):7.1f}" for part in parts)]
        names = ("missing", "invented", "rows in review", "silent", "false", "sure", "sure but wrong")
        lines.append(f"{name:24s} " + " ".join([*figures, *(f"{c[n]:7d}" for n in names)]))
    c = total.counts
    lines.append(f"rows that must go to review: {c['in review']} of {c['to review']} do")
    lines.append(f"files that must fail: {c['failures named']} of {c['failures']} do")
    return "\n".join(lines)
