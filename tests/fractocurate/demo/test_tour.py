"""The tour is the commands of the README, in an order in which each finds what it needs."""

from pathlib import Path

from fractocurate.demo.tour import run, steps, written


def test_without_training_the_tour_ends_with_the_dataset(tmp_path: Path) -> None:
    """Curation alone is a whole tour; training adds its commands behind it."""
    catalog = tmp_path / "catalog.duckdb"
    short, long = (steps(tmp_path, catalog, train=train) for train in (False, True))
    assert [step.arguments[0] for step in short] == ["ingest", "validate", "audit", "export"]
    assert long[: len(short)] == short
    assert [step.arguments[0] for step in long[len(short) :]] == ["train", "explain", "report"]
    assert all("--catalog" in step.arguments for step in long)


def test_a_step_accepts_failed_items_only_where_they_are_planted(tmp_path: Path) -> None:
    """Exit code 6 is expected of the ingest of broken files, and an error of a validation; others always stop."""
    ingest, validate = steps(tmp_path, tmp_path / "c.duckdb", train=False)[:2]
    assert [ingest.accepts(code) for code in (0, 6, 3)] == [True, True, False]
    assert [validate.accepts(code) for code in (0, 6, 5)] == [True, False, False]


def test_a_step_runs_as_its_own_command(tmp_path: Path) -> None:
    """The exit code of the command is handed on: there is no catalog to validate yet."""
    validate = steps(tmp_path, tmp_path / "none.duckdb", train=False)[1]
    assert run(validate, quiet=True) == 3


def test_what_the_tour_writes_can_be_replaced(tmp_path: Path) -> None:
    """Every file that a step names as its output is among those that --overwrite removes."""
    catalog = tmp_path / "catalog.duckdb"
    replaced = {str(path) for path in written(tmp_path, catalog)}
    for step in steps(tmp_path, catalog, train=True):
        for option in ("--html", "--output"):
            if option in step.arguments:
                assert step.arguments[step.arguments.index(option) + 1] in replaced
    assert str(tmp_path / "dataset.csv") in replaced
