"""Models that know nothing, through `fracto train`, `fracto explain --test` and `fracto report`: nothing is praised."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from fractotrain.cli import register
from fractotrain.settings import Settings
from fractotrain.train import plan_run, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

METHODS = {"grad_cam", "relevance", "rollout"}


def _asked(catalog: Path, *arguments: object) -> dict[str, Any]:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    words = [str(word) for word in (*arguments, "--catalog", catalog, "--json")]
    answer: dict[str, Any] = json.loads(CliRunner().invoke(app, words, catch_exceptions=False).stdout)
    return answer


def _told(planted: Any, settings: Settings, folder: Path) -> tuple[dict[str, dict[str, Any]], list[dict[str, str]]]:
    """Verdicts on the heat-maps by method, and those of the page."""
    run(plan_run(settings, planted.catalog))
    tested = _asked(planted.catalog, "explain", "--test", "--sample", 36)
    page = _asked(planted.catalog, "report", "--output", folder / "report.html")
    return {verdict["method"]: verdict for verdict in tested["verdicts"]}, page["verdicts"]


@pytest.mark.parametrize("case", ["permuted", "untrained"])
def test_nothing_is_believed_of_a_model_of_chance(
    case: str, tmp_path: Path, plant: Callable[..., Any], texture: Callable[..., Any], quick: Callable[..., Settings]
) -> None:
    """Labels dealt to the components by lot, or weights as they were drawn: of maps and answers nothing is believed.

    Only what is about the split or about facts, and needs no model, may be.
    """

    def by_lot(_label: int, foan: str, rng: np.random.Generator) -> Any:
        return texture(zlib.crc32(foan.encode()) % 3, rng)

    planted = plant(tmp_path, (36, 36, 36), draw=by_lot)
    asked = ("optim.epochs=10", "optim.lr=2e-3") if case == "permuted" else ("optim.epochs=1", "optim.lr=1e-9")
    maps, page = _told(planted, quick(*asked, "optim.warmup_updates=1"), tmp_path)
    assert set(maps) == METHODS
    assert "may be believed" not in {verdict["belief"] for verdict in maps.values()}
    reasons = {method: "; ".join(verdict["reasons"]) for method, verdict in maps.items()}
    if case == "untrained":
        assert {verdict["belief"] for verdict in maps.values()} == {"not to be believed"}
        assert all("the model answers nearly the same to an empty picture" in said for said in reasons.values())
    assert all("not shown to be better than chance: the maps show what it guesses by" in s for s in reasons.values())
    of_level = {level: [v["sentence"] for v in page if v["level"] == level] for level in ("believe", "do_not")}
    assert any("The model is not shown to be better than chance" in said for said in of_level["do_not"])
    assert all("near-duplicate in training" in said for said in of_level["believe"])
