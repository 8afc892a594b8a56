"""The ledger: what is done is skipped, what changed is pending, what is gone is stale."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.ledger import Work, finished, input_hash, outcome_row, stale
from data_contracts.tables import TABLES, Ledger, polars_schema
from data_contracts.vocabulary import FailureReason, Stage

_HASHES = st.integers(0, 30).map(lambda number: f"{number:064x}")
_WORKS = st.builds(
    Work, st.sampled_from([Stage.REPORTS, Stage.MICROGRAPHS]), st.integers(1, 2), st.sampled_from(["0" * 16, "1" * 16])
)
_FAILURES = st.none() | st.just((FailureReason.CORRUPT, "broken"))
_ENTRIES = st.lists(st.tuples(_WORKS, _HASHES, _FAILURES), unique_by=lambda e: (e[0].stage, e[1]))


def _ledger(entries: list[tuple[Work, str, tuple[FailureReason, str] | None]]) -> pl.DataFrame:
    rows = [outcome_row(work, key, failure) for work, key, failure in entries]
    return pl.DataFrame(rows, schema=polars_schema(TABLES["ledger"]), orient="row")


@given(entries=_ENTRIES, work=_WORKS)
def test_work_is_finished_if_input_stage_version_and_settings_are_the_same(
    entries: list[tuple[Work, str, tuple[FailureReason, str] | None]], work: Work
) -> None:
    """Failures for good count as finished; another stage, version or setting does not."""
    assert finished(_ledger(entries), work) == {key for done, key, _ in entries if done == work}


@given(entries=_ENTRIES, present=st.dictionaries(st.sampled_from([Stage.REPORTS, Stage.PAIRS]), st.lists(_HASHES)))
def test_stale_is_what_the_archive_no_longer_holds(
    entries: list[tuple[Work, str, tuple[FailureReason, str] | None]], present: dict[Stage, list[str]]
) -> None:
    """Exactly the recorded inputs of a named stage that are not present; stages that are not named are left alone."""
    found = stale(_ledger(entries), present)
    assert set(found) == set(present)
    for stage, inputs in found.items():
        assert inputs == sorted({key for work, key, _ in entries if work.stage == stage} - set(present[stage]))


@given(entries=_ENTRIES)
def test_rows_satisfy_the_contract(entries: list[tuple[Work, str, tuple[FailureReason, str] | None]]) -> None:
    """Whatever the outcome, its row can be recorded."""
    if entries:
        Ledger.validate(_ledger(entries))


@given(one=st.lists(st.text(max_size=4)), two=st.lists(st.text(max_size=4)))
def test_inputs_have_one_hash_only_if_all_their_parts_are_equal(one: list[str], two: list[str]) -> None:
    """Where one part ends and the next begins is hashed, too."""
    assert (input_hash(one) == input_hash(two)) == (one == two)


@pytest.mark.parametrize(("one", "two"), [(["ab", "c"], ["a", "bc"]), (["a", ""], ["a"]), (["1:a"], ["a"]), ([], [""])])
def test_parts_cannot_run_together(one: list[str], two: list[str]) -> None:
    """The classic collisions of joined texts are none."""
    assert input_hash(one) != input_hash(two)
