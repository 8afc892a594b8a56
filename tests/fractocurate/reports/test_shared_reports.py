"""The reports of the shared archive against its truth."""

import json
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest

from data_contracts.records import Failure, InstanceReading
from fractocurate.profile import Profile
from fractocurate.reports.read import read_report

CLASSES = {"green": "green_body", "hard": "hard_machining", "material": "material", "unknown": "unknown"}
Part = tuple[str, str]


def digits(text: str | None) -> str:
    """What of a FOAN does not depend on its spelling."""
    return re.sub(r"\D", "", text or "")


def key(text: str | None) -> str:
    """Letters and digits alone."""
    return re.sub(r"[^0-9a-z]", "", (text or "").lower())


def is_right(found: InstanceReading, stated: dict[str, object]) -> bool:
    """Whether class and load are as the report states them."""
    load = stated["load_kn"]
    same_load = (
        found.fracture_load_kn is None
        if not isinstance(load, int | float)
        else found.fracture_load_kn is not None and abs(found.fracture_load_kn - load) < 0.051
    )
    return same_load and found.defect_class.value == CLASSES[str(stated["fracture_type"])]


@pytest.mark.slow
@pytest.mark.shared
def test_the_reports_of_the_shared_archive_are_read_as_their_truth_says(shared_folder: Path, profile: Profile) -> None:
    """At least 95 % of the rows are right, none is invented, none is wrong without an issue; broken files fail."""
    archive = shared_folder / "data/archive"
    files = {unicodedata.normalize("NFC", str(p.relative_to(archive))): p for p in archive.glob("reports/**/*")}
    n_rows = n_right = 0
    invented, unflagged = [], []
    for report in json.loads((archive / "truth/reports.json").read_text("utf-8")):
        path = files[unicodedata.normalize("NFC", report["file"])]
        reading = read_report(path, report["file"], profile)
        assert isinstance(reading, Failure) == (report["status"] != "ok"), report["file"]
        stated: dict[Part, list[dict[str, object]]] = defaultdict(list)
        for row in report.get("instances", []):
            stated[digits(row["foan"]), key(row["serial"])].append(row)
        if isinstance(reading, Failure):
            continue
        found: dict[Part, list[InstanceReading]] = defaultdict(list)
        for instance in reading.instances:
            part = digits(instance.foan), key(instance.serial_number)
            found[part].append(instance)
            if part not in stated:
                invented.append((report["file"], instance))
            elif not instance.issues and not any(is_right(instance, row) for row in stated[part]):
                unflagged.append((report["file"], instance))
        for part, rows in stated.items():
            n_rows += len(rows)
            n_right += sum(any(is_right(instance, row) for instance in found[part]) for row in rows)
    assert invented == []
    assert unflagged == []
    assert n_rows > 0
    assert n_right >= 0.95 * n_rows
