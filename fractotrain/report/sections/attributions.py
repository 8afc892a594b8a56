"""Where the model looked (the paper's Figs. 5 and 6): pictures that `fracto explain` left beside the catalog."""

import base64
import hashlib
from pathlib import Path

from fractotrain.report.blocks import Cell, Level, Picture, Section, Table, Verdict, words
from fractotrain.report.study import Study

_MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
_SHOWN = 12
_MAX_BYTES = 2_000_000
"""Per picture: twelve of them keep the page below what mail programs refuse."""


def attributions(study: Study) -> Section:
    """Maps whose files are there and unchanged; the others are named."""
    lead = (
        "Heat-maps of the run's model. Whether they may be believed is for `fracto explain` to test, not for this page."
    )
    rows = study.record.attributions
    if rows.is_empty():
        sentence = "Nobody has looked where the model looks: no heat-maps are stored for this run (`fracto explain`)."
        return Section("Attributions", lead, (), (Verdict(Level.CAUTION, sentence),))
    listed: list[tuple[Cell, ...]] = []
    pictures: list[Picture] = []
    for path, method, target, map_path, sha256 in rows.select(
        "path", "method", "target_class", "map_path", "map_sha256"
    ).iter_rows():
        state, picture = _load(study.record.catalog.parent / map_path, sha256)
        listed.append((path, words(method), words(target), map_path, state))
        if picture is not None and len(pictures) < _SHOWN:
            pictures.append(Picture(f"{path}, {words(method)}, asked for {words(target)}", *picture))
    columns = ("image", "method", "class asked for", "file", "state")
    table = Table("attributions", f"Heat-maps ({len(listed)})", columns, tuple(listed), max_shown=_SHOWN)
    return Section("Attributions", lead, (*pictures, table))


def _load(file: Path, sha256: str) -> tuple[str, tuple[str, str] | None]:
    """What can be said about a file, and the picture as media type and base64 if it can be shown."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return f"not there ({error.strerror})", None
    if hashlib.sha256(content).hexdigest() != sha256:
        return "changed since it was made", None
    media_type = _MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None or len(content) > _MAX_BYTES:
        return "as made; not a picture that this page can show", None
    return "as made", (media_type, base64.b64encode(content).decode("ascii"))
