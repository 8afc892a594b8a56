"""What an audit says of the frames themselves: is every data bar gone, and do equal pictures carry equal labels?

The paper looked at 100 cropped frames by eye. Here each frame was checked when it was read, and the share that passed
is given with the interval that so many frames allow.
"""

from dataclasses import dataclass

from data_contracts.catalog import Catalog
from fractocurate.leakage.rates import wilson_interval


@dataclass(frozen=True)
class FrameAudit:
    """Figures over all pictures; files with the same bytes are one picture."""

    n_checked: int
    """Cropped pictures."""
    n_clean: int
    """Those in which no trace of print was found."""
    low: float
    high: float
    """Wilson 95 % interval of the share of clean ones."""
    not_clean: tuple[str, ...]
    """Files in which one was found: they label nothing until a person has looked."""
    n_blank: int
    n_same_bytes: int
    """Files beyond the first of each content."""
    n_same_pixels: int
    """Pictures beyond the first of each set of equal pixels in files that differ."""
    conflicts: tuple[str, ...]
    """Equal pictures with contradicting labels, in a sentence each."""


def audit_frames(catalog: Catalog) -> FrameAudit:
    """The figures of all frames that could be read."""
    frames = catalog.query(
        "SELECT min(d.path) AS path, m.leftover, m.is_blank FROM micrographs m JOIN dataset d USING (micrograph_id) "
        "WHERE m.crop_right_px > m.crop_left_px AND m.crop_bottom_px > m.crop_top_px "
        "GROUP BY m.micrograph_id, m.leftover, m.is_blank ORDER BY path"
    )
    not_clean = frames.filter(frames["leftover"] != "")
    n_checked, n_clean = len(frames), len(frames) - len(not_clean)
    low, high = wilson_interval(n_clean, n_checked)
    (n_same_bytes,) = catalog.query("SELECT count(*) - count(DISTINCT micrograph_id) FROM dataset").row(0)
    (n_same_pixels,) = catalog.query("SELECT count(*) - count(DISTINCT pixel_sha256) FROM micrographs").row(0)
    return FrameAudit(
        n_checked,
        n_clean,
        low,
        high,
        tuple(not_clean["path"]),
        int(frames["is_blank"].sum()),
        int(n_same_bytes),
        int(n_same_pixels),
        _conflicts(catalog),
    )


def _conflicts(catalog: Catalog) -> tuple[str, ...]:
    """Sets of files with the same pixels that are linked to fractures of different classes."""
    rows = catalog.query(
        "SELECT string_agg(d.path || ' (' || d.defect_class || ')', ', ' ORDER BY d.path) FROM dataset d "
        "JOIN micrographs m USING (micrograph_id) WHERE d.status = 'matched' "
        "GROUP BY m.pixel_sha256 HAVING count(DISTINCT d.defect_class) > 1 ORDER BY 1"
    )
    return tuple(f"equal pictures, different labels: {listed}" for (listed,) in rows.iter_rows())


def state_frames(audit: FrameAudit) -> str:
    """The figures in sentences."""
    share = audit.n_clean / audit.n_checked if audit.n_checked else 0.0
    left = len(audit.not_clean)
    said = (
        f"Data bars: {audit.n_clean} of {audit.n_checked} cropped pictures show no print "
        f"({share:.1%}, 95 % interval {audit.low:.1%} - {audit.high:.1%}); "
        f"{left} with a trace of it label nothing until seen. "
        f"{audit.n_blank} blank. {audit.n_same_bytes} files repeat the bytes of another, "
        f"{audit.n_same_pixels} pictures its pixels; {len(audit.conflicts)} of these sets contradict each other."
    )
    return "\n".join([said, *audit.conflicts])
