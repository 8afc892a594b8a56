"""Progress suits where it goes: bars on a terminal, lines in a log, nothing when quiet."""

import sys

import pytest

from fractocurate.cli.progress import LogProgress, NoProgress, TerminalProgress, printable, progress_for


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "expected"),
    [(True, False, TerminalProgress), (False, False, LogProgress), (True, True, NoProgress), (False, True, NoProgress)],
)
def test_progress_is_chosen_by_where_standard_error_goes(
    *, is_terminal: bool, quiet: bool, expected: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output is left to results."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
    assert type(progress_for(quiet=quiet)) is expected


def test_log_tells_beginning_and_end_and_little_between(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand items do not make a thousand lines."""
    with LogProgress() as progress:
        progress.start("reports", 1000)
        for _ in range(1000):
            progress.advance()
        progress.say("a\nb.pdf: truncated")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "reports: 1000 to do\nreports: 1000 of 1000\na\\nb.pdf: truncated\n"


def test_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even warnings."""
    with NoProgress() as progress:
        progress.start("reports", 1)
        progress.advance()
        progress.say("something")
    assert capsys.readouterr() == ("", "")


def test_terminal_progress_keeps_standard_output_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """Bars and messages stand on standard error; brackets in a name are no markup."""
    with TerminalProgress() as progress:
        progress.start("images", 2)
        progress.advance(2)
        progress.say("[bold]x[/bold].tif: empty")
    out, err = capsys.readouterr()
    assert out == ""
    assert "[bold]x[/bold].tif: empty" in err


@pytest.mark.parametrize(
    ("text", "shown"), [("ä b.tif", "ä b.tif"), ("a\nb", "a\\nb"), ("\x1b[2J", "\\x1b[2J"), ("x\udce4y", "x\\udce4y")]
)
def test_names_are_printed_on_one_line_without_steering_the_terminal(text: str, shown: str) -> None:
    """Line ends, control characters and what no encoding can print are spelt out."""
    assert printable(text) == shown
