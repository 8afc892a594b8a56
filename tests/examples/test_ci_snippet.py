"""The workflow for users' CI."""

from pathlib import Path

import yaml

SNIPPET = Path(__file__).resolve().parents[2] / "examples/ci/validate.yml"


def test_ci_snippet_runs_a_validation() -> None:
    """It is valid YAML and validates the catalog with annotations."""
    workflow = yaml.safe_load(SNIPPET.read_text("utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["validate"]["steps"] if "run" in step]
    assert any("fracto validate" in command and "--format github" in command for command in commands)
