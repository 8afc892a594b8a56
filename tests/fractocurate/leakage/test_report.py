"""The HTML page of the audit."""

import base64
import io
import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from data_contracts.vocabulary import AuditKind, PairKind, SplitStrategy
from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.fingerprints import GreyFrame, fingerprint
from fractocurate.leakage.folds import plan_folds
from fractocurate.leakage.pairs import FilePair, ImageFile
from fractocurate.leakage.rates import PairScope, measure_leakage
from fractocurate.leakage.report import render_leakage_report
from fractocurate.leakage.settings import PAPER_K
from fractocurate.leakage.verification import CommonField

HOSTILE = '<script>alert("x")</script>\n\u202egpj.\udcff\'"&.tif'


class Page(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost open tag is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text that is shown."""
        if "style" not in self.open:
            self.words += data.split()

    @property
    def text(self) -> str:
        """All text, single spaces between words."""
        return " ".join(self.words)


@pytest.fixture
def files(image_file: Callable[..., ImageFile]) -> list[ImageFile]:
    """Twelve images of six components, one with a hostile name and FOAN."""
    made = [image_file(f"site/{n:02d}.tif", f"F-{n // 2}", "material" if n < 6 else "green_body") for n in range(11)]
    return [*made, image_file(HOSTILE, "<b>F-5</b>", "green_body")]


@pytest.fixture
def pairs(files: list[ImageFile]) -> list[FilePair]:
    """A chain of ever less alike pairs, one with different labels, and one that is not confirmed."""
    paths = sorted(file.path for file in files)
    label_of = {file.path: file for file in files}
    return [
        FilePair(
            path_a=a,
            path_b=b,
            kind=PairKind.NEAR_DUPLICATE,
            hamming=n,
            ssim=round(0.95 - 0.05 * n, 2),
            scale_ratio=1.0,
            same_foan=label_of[a].foan == label_of[b].foan,
            same_class=label_of[a].defect_class == label_of[b].defect_class,
        )
        for n, (a, b) in enumerate(itertools.pairwise(paths))
    ]


@pytest.fixture
def render(files: list[ImageFile], pairs: list[FilePair], texture: Callable[..., GreyFrame]) -> Callable[..., str]:
    """Render the page of the whole audit."""
    plans = [plan_folds(files, strategy, n_folds=3, pairs=pairs) for strategy in SplitStrategy]
    rates = [*measure_leakage(plans[0], pairs, audit=AuditKind.PAPER, k=PAPER_K)]
    for scope in (PairScope.SAME_FOAN, PairScope.CROSS_FOAN):
        rates += [*measure_leakage(plans[0], pairs, scope=scope)]
    rates += [rate for plan in plans for rate in measure_leakage(plan, pairs)]
    thumbnails = {
        file.micrograph_id: fingerprint(texture(n, 64, 48)).thumbnail_png for n, file in enumerate(files) if n != 3
    }

    def page(**options: int) -> str:
        return render_leakage_report(files, plans, rates, pairs, thumbnails, **options)

    return page


def test_hostile_names_are_shown_and_never_run(render: Callable[..., str]) -> None:
    """Markup in names is text, newlines, direction marks and undecodable bytes are spelled out; the page is UTF-8."""
    html = render()
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag in {"script", "b.tif"}]
    assert '<script>alert("x")<' in page.text
    assert "script>\\n\\u202egpj.\\udcff'\"&.tif" in page.text
    assert "<b>F-5</b>" in page.text
    html.encode("utf-8")


def test_the_page_needs_no_other_file(render: Callable[..., str]) -> None:
    """Pictures are embedded; nothing is loaded from a disk or a host."""
    html = render()
    sources = [attributes["href"] for tag, attributes in Page(html).tags if tag == "image"]
    assert len(sources) > 10
    for source in sources:
        head, _, payload = (source or "").partition(",")
        assert head == "data:image/png;base64"
        assert max(Image.open(io.BytesIO(base64.b64decode(payload))).size) == 128
    assert not re.search(r"https?:|url\(|<link|@import", html)


def test_pairs_stand_worst_first(render: Callable[..., str], pairs: list[FilePair]) -> None:
    """Different labels come first, then different FOANs, then the likest; unconfirmed candidates are not shown."""
    shown = [float(value) for value in re.findall(r"SSIM (\d\.\d{3})", render())]
    conflicts = sorted((pair.ssim for pair in pairs if not pair.same_class and pair.ssim >= 0.5), reverse=True)
    alike = sorted(
        (p for p in pairs if p.same_class and p.ssim >= 0.5), key=lambda p: (p.same_foan is not False, -p.ssim)
    )
    others = [pair.ssim for pair in alike]
    assert conflicts
    assert shown == pytest.approx([*conflicts, *others], abs=5e-4)
    assert min(pair.ssim for pair in pairs) < 0.5


def test_leaks_within_a_foan_stand_beside_those_between_two(render: Callable[..., str]) -> None:
    """One table of the image split, a row for each."""
    text = Page(render()).text
    table = text[text.index("image split by FOANs of the pair") :]
    assert re.search(r"one FOAN 12 \d+\.\d % \d+ .* two FOANs 12 \d", table)


def test_a_zoom_is_framed_in_its_overview(
    image_file: Callable[..., ImageFile], texture: Callable[..., GreyFrame]
) -> None:
    """The corners of the close look stand in pixels of the overview's thumbnail, whichever path comes first."""
    files = [image_file("a.tif", micrograph_id="2"), image_file("b.tif", micrograph_id="1")]
    # From the close look (micrograph 1) to the overview: a quarter of its sides, its corner at (0.2, 0.4).
    alignment = Alignment(0.25 + 0j, 0.2 + 0.4j, is_mirrored=False, n_inliers=9)
    field = CommonField(PairKind.CONTAINMENT, 0.9, 1.0, 1 / 16, 4.0, alignment)
    pair = FilePair("a.tif", "b.tif", field.kind, 30, 0.2, 0.25, same_foan=True, same_class=True, field=field)
    png = fingerprint(texture(1, 64, 48)).thumbnail_png
    plan = plan_folds(files, SplitStrategy.IMAGE, n_folds=2)
    page = Page(render_leakage_report(files, [plan], measure_leakage(plan, []), [pair], {"1": png, "2": png}))
    in_overview, in_close_look = (attributes["points"] for tag, attributes in page.tags if tag == "polygon")
    assert in_overview == "51.2,25.6 83.2,25.6 83.2,49.6 51.2,49.6"
    assert in_close_look == "-204.8,-102.4 307.2,-102.4 307.2,281.6 -204.8,281.6"


def test_the_page_says_how_many_pairs_it_left_out(render: Callable[..., str]) -> None:
    """A cap keeps the page readable and does not hide that there is more."""
    page = Page(render(max_shown_pairs=3))
    assert sum(tag == "article" for tag, _ in page.tags) == 3
    assert "7 further pairs are left out here" in page.text
    assert "1 further pair is left out here" in Page(render(max_shown_pairs=9)).text
    assert "left out here" not in Page(render()).text


def test_tables_show_the_papers_split_beside_the_grouped_ones(render: Callable[..., str]) -> None:
    """A comparison of all audits, then each fold by fold; one sentence says what it means; findings are repeated."""
    text = Page(render()).text
    assert "Of 12 micrographs, each validated once, the share that has a near-duplicate" in text
    for heading in (
        "image split, paper's audit, 5 most similar by pHash",
        "image split, full audit, all pairs",
        "foan split, full audit, all pairs",
    ):
        assert text.count(heading) == 1
    assert text.count("fold 0") >= 4
    assert text.count("all folds") >= 4
    assert "cluster split: class" in text


def test_an_audit_without_pairs_says_so(files: list[ImageFile]) -> None:
    """Nothing found is a result, too."""
    plan = plan_folds(files, SplitStrategy.IMAGE, n_folds=2)
    html = render_leakage_report(files, [plan], measure_leakage(plan, []), [], {})
    assert "No two micrographs are alike" in Page(html).text
    assert np.all([value == "0" for value in re.findall(r'class="clean">(\d+) %', html)])
