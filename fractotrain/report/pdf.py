"""The page as PDF, by a headless Chromium if there is one: no dependency for those who read the HTML."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from data_contracts.errors import MissingToolError
from fractotrain.drafts import draft_of, remove_abandoned

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_TIMEOUT_S = 120


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome, if one is installed."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def chromium_command(chromium: str, profile: Path, *options: str) -> list[str]:
    """A headless call that shares no state with anybody's browser."""
    # Chromium refuses to run its sandbox as root, as in most containers. The page is our own and runs no script.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [chromium, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}", *sandbox, *options]


def write_pdf(page: Path) -> Path:
    """Print the page to ``<page without ending>.pdf``.

    Raises:
        MissingToolError: there is no Chromium, or it printed nothing.
    """
    chromium = find_chromium()
    if chromium is None:
        raise MissingToolError(
            f"a PDF needs Chromium or Chrome, which is not installed (Debian: apt install chromium); {page} is written "
            "and can be printed from any browser"
        )
    pdf = page.with_suffix(".pdf").resolve()
    remove_abandoned(pdf)
    draft = draft_of(pdf)
    with tempfile.TemporaryDirectory() as profile:
        command = chromium_command(
            chromium, Path(profile), "--no-pdf-header-footer", f"--print-to-pdf={draft}", page.resolve().as_uri()
        )
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603 - our own call
        except subprocess.TimeoutExpired as error:
            raise MissingToolError(f"{chromium} did not print {page} within {_TIMEOUT_S} s") from error
    if done.returncode or not draft.exists():
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise MissingToolError(f"{chromium} could not print {page}: {last}; print it from another browser")
    draft.replace(pdf)
    return pdf
