"""The texts in which instruments keep their metadata, as flat tables ``section.key -> text``.

Four families: INI (FEI and Thermo Fisher tags 34680 and 34682, TESCAN tag 50431 and ``.hdr``, Hitachi ``.txt``), Zeiss
SmartSEM pairs of lines (tag 34118), JEOL ``$KEY value`` lines (``.txt``), and XML elements (Phenom). Keys are
lower-case.
"""

import codecs
import re
from itertools import pairwise

_XML_LEAF = re.compile(r"<(?:\w+:)?(?P<name>\w+)(?P<attributes>[^<>]*)>(?P<text>[^<>]{0,400})</(?:\w+:)?(?P=name)>")
_XML_UNIT = re.compile(r"""\bunit\s*=\s*["'](?P<unit>[^"']+)["']""", re.IGNORECASE)


def decode_text(content: bytes) -> str:
    """Text of a sidecar file: UTF-16 and UTF-8 by their marks, UTF-16 without one by its zeros, else Latin-1."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", errors="replace")
    head = content[:400]
    if head and head[1::2].count(0) > 0.4 * len(head) / 2:
        return content.decode("utf-16-le", errors="replace")
    if head and head[::2].count(0) > 0.4 * len(head) / 2:
        return content.decode("utf-16-be", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_ini(text: str) -> dict[str, str]:
    """``[Section]`` and ``key=value`` lines; what precedes the first section (binary headers) is passed over."""
    text = text.replace("\x00", "\n")
    starts = [m.start() for m in (re.search(r"^\s*\[[\w .-]+\]\s*$", text, re.MULTILINE),) if m is not None]
    if "[MAIN]" in text:
        starts.append(text.index("[MAIN]"))  # TESCAN's first section follows its binary head without a line break
    table: dict[str, str] = {}
    if not starts:
        return table
    text = text[min(starts) :]
    section = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1].strip().lower()
        elif "=" in stripped:
            key, value = stripped.split("=", 1)
            table.setdefault(f"{section}.{key.strip().lower()}", value.strip())
    return table


def parse_zeiss(text: str) -> dict[str, str]:
    """A key such as ``AP_MAG`` on one line, ``Name = value`` or ``Name :value`` on the next.

    Numbers without keys go before: the fourth is the pixel size in metres, the fifth the magnification (as tifffile
    reads this tag). They stand in where the named values are missing.
    """
    table: dict[str, str] = {}
    lines = [line.strip("\x00 \t") for line in text.splitlines()]
    for key, statement in pairwise(lines):
        if re.fullmatch(r"(?:AP|DP|SV)_[A-Z0-9_]+", key):
            separator = re.search(r"\s=|\s?:", statement)
            if separator is not None:
                table.setdefault(key.lower(), statement[separator.end() :].strip())
    if len(lines) > 5 and all(re.fullmatch(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", line) for line in lines[:5]):
        table.setdefault("ap_pixel_size", f"{lines[3]} m")
        table.setdefault("ap_mag", lines[4])
    return table


def parse_jeol(text: str) -> dict[str, str]:
    """``$CM_MAG 500`` lines; one or two dollar signs."""
    table: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"\$\$?(?P<key>[A-Z][A-Z0-9_]+)(?:\s+(?P<value>.*))?$", line.strip("\x00 \t"))
        if match is not None:
            table.setdefault(match["key"].lower(), (match["value"] or "").strip())
    return table


def parse_xml_leaves(text: str) -> dict[str, str]:
    """Elements without children, by their name, with the unit attribute behind the value; entities are not expanded."""
    table: dict[str, str] = {}
    for match in _XML_LEAF.finditer(text):
        unit = _XML_UNIT.search(match["attributes"])
        value = match["text"].strip()
        if value:
            table.setdefault(match["name"].lower(), f"{value} {unit['unit']}" if unit else value)
    return table
