"""Pictures of reports x micrographs -> which frame a report shows; all anew whenever either side has changed."""

from data_contracts.catalog import Catalog
from data_contracts.ledger import input_hash
from fractocurate.leakage.fingerprints import MIN_CONTRAST_GREY_LEVELS
from fractocurate.matching.pictures import Picture, link_figures
from fractocurate.progress import Progress

FIGURE_LINKS_VERSION = 1


def link_pictures(catalog: Catalog, progress: Progress) -> None:
    """Bring ``figure_links`` up to date."""
    figures = catalog.query(
        "SELECT figure_id, phash, thumbnail_png FROM report_figures WHERE contrast >= ? ORDER BY figure_id",
        [MIN_CONTRAST_GREY_LEVELS],
    )
    frames = catalog.query(
        "SELECT micrograph_id, phash, thumbnail_png FROM micrographs "
        "WHERE phash IS NOT NULL AND NOT is_blank ORDER BY micrograph_id",
    )
    keys = [table.select(table.columns[:2]).write_csv() for table in (figures, frames)]
    inputs = input_hash([str(FIGURE_LINKS_VERSION), *keys])
    if catalog.meta("figure_links_inputs") == inputs:
        return
    progress.start("pictures", figures.height)
    pictures = [Picture(*row) for row in frames.iter_rows()]
    links = []
    for row in figures.iter_rows():
        links += link_figures([Picture(*row)], pictures)
        progress.advance()
    with catalog.transaction():
        catalog.replace(
            "figure_links",
            [
                {
                    "figure_id": link.figure_id,
                    "micrograph_id": link.micrograph_id,
                    "hamming": link.hamming,
                    "correlation": link.correlation,
                }
                for link in links
            ],
        )
        catalog.set_meta("figure_links_inputs", inputs)
