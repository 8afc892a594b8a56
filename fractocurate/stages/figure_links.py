"""Pictures of reports x micrographs -> which frame a report shows; each figure meets each frame once."""

from collections.abc import Sequence
from typing import Literal

from data_contracts.catalog import Catalog
from data_contracts.ledger import Work, finished, input_hash, outcome_row
from data_contracts.vocabulary import Stage
from fractocurate.leakage.fingerprints import MIN_CONTRAST_GREY_LEVELS
from fractocurate.matching.pictures import FigureLink, Picture, link_figures
from fractocurate.progress import Progress

FIGURE_LINKS_VERSION = 1
_WORK = Work(Stage.FIGURE_LINKS, FIGURE_LINKS_VERSION, input_hash([])[:16])

Side = Literal["figure_id", "micrograph_id"]
_TABLES: dict[Side, str] = {"figure_id": "report_figures", "micrograph_id": "micrographs"}


def link_pictures(catalog: Catalog, progress: Progress) -> None:
    """Bring ``figure_links`` up to date: new figures are compared with all frames, the others with new frames."""
    figures = _keys(catalog, "figure_id", "contrast >= ?", [MIN_CONTRAST_GREY_LEVELS])
    frames = _keys(catalog, "micrograph_id", "NOT is_blank", [])
    done = finished(catalog.read("ledger"), _WORK)
    keys = {*figures.values(), *frames.values()}
    if done == keys:
        return
    new_figures = {i for i, key in figures.items() if key not in done}
    new_frames = {i for i, key in frames.items() if key not in done}
    links: list[FigureLink] = []
    if (new_figures and frames) or (new_frames and figures):
        shown, pictures = _pictures(catalog, "figure_id", figures), _pictures(catalog, "micrograph_id", frames)
        fresh = [picture for picture in pictures if picture.key in new_frames]
        compared = [(f, pictures if f.key in new_figures else fresh) for f in shown]
        compared = [(figure, against) for figure, against in compared if against]
        progress.start("pictures", len(compared))
        for figure, against in compared:
            links += link_figures([figure], against)
            progress.advance()
    rows = [
        {
            "figure_id": link.figure_id,
            "micrograph_id": link.micrograph_id,
            "hamming": link.hamming,
            "correlation": link.correlation,
        }
        for link in links
    ]
    stored = catalog.read("figure_links")
    with catalog.transaction():
        for side, known, new in (("figure_id", figures, new_figures), ("micrograph_id", frames, new_frames)):
            catalog.delete("figure_links", side, sorted((set(stored[side]) - known.keys()) | new))
        catalog.append("figure_links", rows)
        catalog.replace("ledger", [outcome_row(_WORK, key, None) for key in sorted(keys)], stage=str(_WORK.stage))


def forget_links(catalog: Catalog, side: Side, ids: Sequence[str]) -> None:
    """Delete the links of figures or micrographs that are to be read anew, and that they were ever compared."""
    keys = _keys(catalog, side, f"list_contains(?, {side})", [list(ids)])
    catalog.delete("ledger", "input_sha256", sorted(keys.values()), stage=str(_WORK.stage))
    catalog.delete("figure_links", side, ids)


def _keys(catalog: Catalog, side: Side, condition: str, values: Sequence[object]) -> dict[str, str]:
    """Id -> what a comparison rests on, for the pictures that a hash can be taken of."""
    rows = catalog.query(
        f"SELECT {side}, phash FROM {_TABLES[side]} WHERE phash IS NOT NULL AND {condition} ORDER BY {side}",  # noqa: S608 - constants
        values,
    )
    return {identifier: input_hash([side, identifier, phash]) for identifier, phash in rows.iter_rows()}


def _pictures(catalog: Catalog, side: Side, wanted: dict[str, str]) -> list[Picture]:
    rows = catalog.query(f"SELECT {side}, phash, thumbnail_png FROM {_TABLES[side]} ORDER BY {side}")  # noqa: S608 - constants
    return [Picture(*row) for row in rows.iter_rows() if row[0] in wanted]
