"""What people see: nothing of the evidence is cut off."""

import io

import pytest
from rich.console import Console

from fractocurate.cli.show import show_chain
from fractocurate.why_report import ChainLink

LONG = "contradicting foan: " + ", ".join(f"FOAN-2021-{n:04}" for n in range(60))
CHAIN = (
    ChainLink("Report", (("file", "reports/[2021] a.pdf"), ("issues", LONG))),
    ChainLink("Match", (("crop", "/" + "x" * 300), ("end", "here"))),
)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_evidence_longer_than_the_screen_is_shown_whole(*, is_terminal: bool) -> None:
    """In a log each fact is one line, so that it can be searched for; a terminal wraps it by itself."""
    written = io.StringIO()
    show_chain(CHAIN, Console(file=written, width=60, force_terminal=is_terminal, no_color=True, highlight=False))
    if is_terminal:
        assert "FOAN-2021-0059" in written.getvalue()
        return
    assert written.getvalue().splitlines() == [
        "reports/[2021] a.pdf",
        "\u251c\u2500\u2500 Report",
        "\u2502   \u251c\u2500\u2500 file: reports/[2021] a.pdf",
        f"\u2502   \u2514\u2500\u2500 issues: {LONG}",
        "\u2514\u2500\u2500 Match",
        f"    \u251c\u2500\u2500 crop: /{'x' * 300}",
        "    \u2514\u2500\u2500 end: here",
    ]
