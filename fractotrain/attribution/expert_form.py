"""The expert's sheet: questions of the paper's consensus session as a CSV form. Its answers: ``expert_answers``."""

import csv
from pathlib import Path

from data_contracts.errors import BadInputError
from fractotrain.attribution.explain import Explained, Plan
from fractotrain.attribution.questions import ANSWERS, QUESTIONS

_FACTS = (
    "run_id", "method", "image", "sha256", "sheet", "foan", "magnification", "answer", "probability", "truth",
)  # fmt: skip
FORM_FILE, HOW_TO_FILE = "form.csv", "how_to_fill.txt"


def write_form(plan: Plan, explained: Explained, folder: Path) -> Path:
    """One row per image and method, with the sheet to look at, facts, and an empty column per question.

    Raises:
        BadInputError: the folder cannot be written.
    """
    lines = [
        "One row per image and heat-map; the sheet is in the column of that name, below this folder.",
        f"Answer {', '.join(ANSWERS)} in each of these columns; leave a cell empty for no answer:",
        *(f"  {column}: {question}" for column, question in QUESTIONS.items()),
        "Leave the other columns as they are: they say what a row is about. Save as CSV or as .xlsx.",
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
