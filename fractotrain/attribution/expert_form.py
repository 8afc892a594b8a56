"""The expert's sheet: questions of the paper's consensus session as a CSV form, and its answers back."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from fractotrain.attribution.agreement import kappa, share_agreeing
from fractotrain.attribution.explain import Explained, Plan
from fractotrain.record import Row

QUESTIONS: Mapping[str, str] = {
    "coincides_with_morphology": "Do the highlighted regions coincide with diagnostic morphology?",
    "mechanistically_plausible": "Is the explanation mechanistically plausible for this class?",
    "right_for_wrong_reason": "Is the answer right for the wrong reason?",
}
"""Column of the form -> what is asked (Schmid et al., consensus session)."""

ANSWERS = ("yes", "no", "unsure")
_ALIASES = {"y": "yes", "j": "yes", "ja": "yes", "n": "no", "nein": "no", "?": "unsure", "u": "unsure"}
_FACTS = (
    "run_id", "method", "image", "sha256", "sheet", "foan", "magnification", "answer", "probability", "truth",
)  # fmt: skip
FORM_FILE, HOW_TO_FILE = "form.csv", "how_to_fill.txt"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of answers did."""

    rater: str
    n_new: int
    """Answers that were not there before, or were another one."""
    n_unchanged: int
    n_blank: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree on one question, on the images that all of them answered."""

    question: str
    raters: tuple[str, ...]
    n_images: int
    share_agreeing: float | None
    """Of pairs of raters."""
    kappa: float | None
    """None without common images, or where all gave the same answer always."""


def write_form(plan: Plan, explained: Explained, folder: Path) -> Path:
    """One row per image and method, with the sheet to look at, facts, and an empty column per question.

    Raises:
        BadInputError: the folder cannot be written.
    """
    lines = [
        "One row per image and heat-map; the sheet is in the column of that name, below this folder.",
        f"Answer {', '.join(ANSWERS)} in each of these columns; leave a cell empty for no answer:",
        *(f"  {column}: {question}" for column, question in QUESTIONS.items()),
        "Each rater fills a copy alone, before any talk with the others. Then:",
        "  fracto explain --answers FILE --rater NAME",
    ]
    try:
        with (folder / FORM_FILE).open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*_FACTS, *QUESTIONS, "note"])
            for e in explained.explanations:
                s = e.subject
                for method in e.maps:
                    facts = (
                        plan.model.run_id, method, s.path, s.sha256, e.sheet.relative_to(folder).as_posix(),
                        s.foan or "", "" if s.magnification is None else f"{s.magnification:g}", e.predicted_class,
                        f"{e.predicted_probability:.3f}", s.true_class or "",
                    )  # fmt: skip
                    writer.writerow([*facts, *("" for _ in QUESTIONS), ""])
        (folder / HOW_TO_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{folder}: the form cannot be written: {error.strerror or error}") from error
    return folder / FORM_FILE


def read_answers(file: Path) -> list[dict[str, str]]:
    """Rows of a filled form, answers in the words of ``ANSWERS`` or empty; commas or semicolons, as Excel writes them.

    Raises:
        BadInputError: no form, or cells that are no answer; all of them are named.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{file}: cannot be read as a CSV form in UTF-8: {error}") from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    needed = ("run_id", "method", "image", "sha256", *QUESTIONS)
    if lacking := [name for name in needed if name not in (reader.fieldnames or ())]:
        raise BadInputError(f"{file}: no form of `fracto explain --form`: it lacks the column {lacking[0]}")
    rows = [{name: (row.get(name) or "").strip() for name in (*needed, "note")} for row in reader]
    wrong = []
    for number, row in enumerate(rows, start=2):
        for question in QUESTIONS:
            said = row[question].casefold()
            row[question] = _ALIASES.get(said, said)
            if row[question] not in ("", *ANSWERS):
                wrong.append(f"  row {number}, {question}: {said!r}")
    if wrong:
        raise BadInputError(f"{file}: answers are {', '.join(ANSWERS)} or empty:\n" + "\n".join(wrong[:20]))
    return rows


def import_answers(catalog: Catalog, rows: Sequence[Mapping[str, str]], rater: str) -> Imported:
    """Append the answers of one rater; what he said before stays, and what he says again alike is not repeated.

    Raises:
        UsageError: no name, or nothing is answered.
        BadInputError: the form is about runs that this catalog does not have.
    """
    if not rater.strip():
        raise UsageError("--rater: say who answered")
    known = set(catalog.query("SELECT run_id FROM runs")["run_id"])
    if strange := sorted({row["run_id"] for row in rows} - known):
        raise BadInputError(f"{catalog.path}: the form is about {strange[0]}, a run that this catalog does not have")
    latest = _latest(catalog)
    number = int(catalog.query("SELECT coalesce(max(answer_id), 0) AS n FROM expert_answers")["n"][0])
    new: list[Row] = []
    n_unchanged = n_blank = 0
    for row in rows:
        for question in QUESTIONS:
            about = (row["run_id"], row["method"], row["sha256"], question)
            if not row[question]:
                n_blank += 1
            elif latest.get(about, {}).get(rater) == row[question]:
                n_unchanged += 1
            else:
                number += 1
                new.append(
                    {
                        "answer_id": number, "run_id": row["run_id"], "method": row["method"], "sha256": row["sha256"],
                        "path": row["image"], "question": question, "answer": row[question], "rater": rater,
                        "note": row["note"], "answered_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    }
                )  # fmt: skip
    if not new and not n_unchanged:
        raise UsageError("the form holds no answer; fill the columns " + ", ".join(QUESTIONS))
    with catalog.transaction():
        catalog.append("expert_answers", new)
    return Imported(rater, len(new), n_unchanged, n_blank)


def agreements(catalog: Catalog) -> list[Agreement]:
    """Per question, on the heat-maps that every rater answered; the latest answer of each holds."""
    latest = _latest(catalog)
    found = []
    for question in QUESTIONS:
        answers = [by_rater for (*_, asked), by_rater in latest.items() if asked == question]
        raters = sorted({rater for by_rater in answers for rater in by_rater})
        common = [[by_rater[r] for r in raters] for by_rater in answers if len(by_rater) == len(raters)]
        can_compare = len(raters) > 1 and bool(common)
        found.append(
            Agreement(
                question,
                tuple(raters),
                len(common),
                share_agreeing(common) if can_compare else None,
                kappa(common) if can_compare else None,
            )
        )
    return found


def _latest(catalog: Catalog) -> dict[tuple[Any, ...], dict[str, str]]:
    """Run, method, picture and question -> rater -> latest answer."""
    answers: dict[tuple[Any, ...], dict[str, str]] = defaultdict(dict)
    rows = catalog.query(
        "SELECT run_id, method, sha256, question, rater, answer FROM expert_answers ORDER BY answer_id"
    )
    for *about, rater, answer in rows.iter_rows():
        answers[tuple(about)][rater] = answer
    return answers
