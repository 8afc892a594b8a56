"""The page is one file that any browser shows."""

import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from fractotrain.report.pdf import chromium_command, find_chromium, write_pdf
from fractotrain.report.study import ReportSettings
from fractotrain.report.write import write_report

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags and attributes of a page; complains about tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag of a drawing that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost open tag is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text that is shown."""
        if "style" not in self.open:
            self.text += data.split()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, plant_run: Callable[..., Any], complete: Any) -> Path:
    """The page of a planted run."""
    folder = tmp_path_factory.mktemp("page")
    planted = plant_run(folder, complete)
    return write_report(planted.catalog, None, folder / "report.html", ReportSettings(n_draws=100)).page


def test_the_page_needs_no_other_file_and_no_script(page: Path) -> None:
    """Pictures are embedded, drawings inline; links go within the page; nothing is loaded and nothing runs."""
    html = page.read_text(encoding="utf-8")
    parsed = Page(html)
    assert not re.search(r"https?:|url\((?!#)|<link|<script|@import", html)
    sources = [attributes["href"] or "" for tag, attributes in parsed.tags if tag == "image"]
    assert sum(source.startswith("data:image/jpeg;base64,") for source in sources) == 2  # a frame and its map
    references = [v or "" for _, attributes in parsed.tags for k, v in attributes.items() if k.endswith("href")]
    assert references
    assert all(
        reference.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")) for reference in references
    )


def test_ids_are_unique_and_references_meet_them(page: Path) -> None:
    """Each drawing was made alone; together on a page their clips, markers and hatches must not be mixed up."""
    html = page.read_text(encoding="utf-8")
    ids = [attributes["id"] for _, attributes in Page(html).tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 50
    for reference in re.findall(r'(?:url\(#|href="#)([^)"]+)', html):
        assert reference in ids


def test_hostile_names_are_shown_and_never_run(page: Path) -> None:
    """Markup in names is text; newlines and direction marks are spelled out."""
    html = page.read_text(encoding="utf-8")
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\n\\u202egpj.tif" in html


def test_what_became_of_each_heat_map_is_said(page: Path) -> None:
    """One map is shown over its frame, the one whose file is missing is named."""
    shown = " ".join(Page(page.read_text(encoding="utf-8")).text)
    assert "Where the final model looks: 1 frame of FOAN F-0000" in shown
    assert "Grad-CAM" in shown
    assert "the model was TRAINED ON THIS IMAGE" in shown
    assert "as made" in shown
    assert "not there" in shown


def _chromium() -> str:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium or Chrome on PATH")
    return chromium


def _browse(html: str, folder: Path) -> tuple[str, str]:
    """The title after the page was loaded and a script of ours counted its pictures; and what the console said."""
    count = (
        "<script>addEventListener('load', async () => {"
        "const drawn = [...document.querySelectorAll('image')].map(i => i.href.baseVal);"
        "const embedded = drawn.map(source => Object.assign(new Image(), {src: source}));"
        "await Promise.allSettled(embedded.map(picture => picture.decode()));"
        "const pictures = [...document.images, ...embedded];"
        "const broken = pictures.filter(p => !p.complete || !p.naturalWidth).length;"
        "const empty = [...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().height < 50).length;"
        "document.title = `${pictures.length} pictures, ${broken} broken, ${empty} empty drawings`; })</script>"
    )
    file = folder / "browsed.html"
    file.write_text(html.replace("</body>", count + "</body>"), encoding="utf-8")
    options = ("--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", file.as_uri())
    command = chromium_command(_chromium(), folder / "profile", *options)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title is not None
    return title[1], "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def test_a_real_browser_shows_every_picture_without_complaint(page: Path, tmp_path: Path) -> None:
    """Headless Chromium: no broken picture, no drawing without height, an empty console."""
    html = page.read_text(encoding="utf-8")
    title, console = _browse(html, tmp_path)
    assert title == f"{html.count('<image ')} pictures, 0 broken, 0 empty drawings"
    assert not console


def test_the_browser_test_would_see_a_fault(page: Path, tmp_path: Path) -> None:
    """A broken picture and a script error, planted, are noticed."""
    html = page.read_text(encoding="utf-8")
    fault = '<img alt="" src="data:image/png;base64,AAAA"><script>nothing.here()</script></body>'
    html = html.replace("</svg>", '<image href="data:image/jpeg;base64,AAAA"/></svg>', 1)
    title, console = _browse(html.replace("</body>", fault), tmp_path)
    n = html.count("<image ") + 1
    assert title == f"{n} pictures, 2 broken, 0 empty drawings"
    assert "nothing is not defined" in console


def test_the_page_prints(page: Path) -> None:
    """A PDF whose pages carry the run and their number; no page ends with the heading of a table."""
    _chromium()
    document = pypdfium2.PdfDocument(write_pdf(page))
    pages = [document[i].get_textpage().get_text_range() for i in range(len(document))]
    document.close()
    html = page.read_text(encoding="utf-8")
    headers = ["".join(re.sub("<[^>]+>", "", row).split()) for row in re.findall("<thead>(.*?)</thead>", html)]
    assert len(headers) > 15
    for number, text in enumerate(pages, start=1):
        assert "train-20260101T000000Z-planted" in text
        assert f"{number} / {len(pages)}" in text
        body = [line for line in text.split("\n") if line.strip() and "train-2026" not in line]
        assert len(body) > 3
        assert not any(header.endswith("".join(body[-1].split())) for header in headers)


def test_what_cannot_be_seen_is_said(page: Path) -> None:
    """Drawings and pictures have a text for those who do not see them: their caption."""
    tags = Page(page.read_text(encoding="utf-8")).tags
    drawings = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(drawings) > 6
    assert all(a.get("role") == "img" and len(a.get("aria-label") or "") > 20 for a in drawings)
    assert not any(tag == "img" for tag, _ in tags)
