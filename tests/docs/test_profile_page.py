"""docs/profile.md teaches what the program does."""

import re
from pathlib import Path

import pytest

from fractocurate.profile import Profile, load_profile

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "profile.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(params=range(len(EXAMPLES)))
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Profile:
    """One example of the page, loaded."""
    path = tmp_path / "site.yaml"
    path.write_text(EXAMPLES[request.param], "utf-8")
    return load_profile(path)


def test_every_example_is_a_profile(example: Profile) -> None:
    """Whoever copies an example of the page gets a profile that loads."""
    assert example.foan.grammar.prefixes


def test_the_first_example_reads_what_it_says(tmp_path: Path) -> None:
    """The spellings that the comments promise are read, and a number with a digit missing is not."""
    path = tmp_path / "site.yaml"
    path.write_text(EXAMPLES[0], "utf-8")
    grammar = load_profile(path).foan.grammar
    for spelling in ("BR/2021/00417", "br 21-00417", "BR202100417", "FB 2021/00417"):
        found = grammar.parse(spelling)
        assert found is not None
        assert found.value == "BR/2021/00417"
    assert grammar.parse("BR/2021/0417") is None
