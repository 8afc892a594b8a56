"""FOANs in the text outside tables, and which of them holds for a table that has none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data_contracts.identifiers import Identifier
from data_contracts.records import Word
from fractocurate.reports.assertion import speaks_of_another_case
from fractocurate.reports.caption_texts import begins_caption
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line

_LONGEST_HEADING_WORDS = 8


@dataclass(frozen=True, slots=True)
class Mention:
    """A FOAN at one place outside tables."""

    page: int
    top: float
    identifier: Identifier
    words: tuple[Word, ...]
    """Of its line, or of the value that a key announces."""
    is_heading: bool
    """It stands in a short line; a caption is one, too."""
    is_caption: bool = False


def find_mentions(free: Mapping[int, Sequence[Line]], pairs: Sequence[Pair], identifiers: Identifiers) -> list[Mention]:
    """FOANs in reading order; those without a prefix count where a key announces them, or alone in their line.

    Args:
        free: lines outside tables, by the 1-based number of their page.
        pairs: keys and values among them.
        identifiers: the site's grammars.
    """
    mentions = []
    of_parts = {id(w) for pair in pairs if pair.name == "serial_number" for v in pair.values for w in v}
    for page, lines in free.items():
        for line in lines:
            # A line that names a part by its serial number speaks of that one, not of those below it.
            names_part = any(id(w) in of_parts for w in line.words)
            is_heading = len(line.words) <= _LONGEST_HEADING_WORDS and not line.text.endswith(".") and not names_part
            is_heading = is_heading and not speaks_of_another_case(line.text)
            foans = identifiers.foans_in(line.text)
            if not foans and (alone := identifiers.profile.foan.grammar.parse(line.text)) and not alone.repairs:
                foans = [alone]
            is_caption = begins_caption(line.text)
            mentions += [Mention(page, line.box.top, foan, line.words, is_heading, is_caption) for foan in foans]
    for pair in pairs:
        if pair.name == "foan" and (value := identifiers.foan(pair.text).value):
            top = pair.key[0].box.top
            if not any(m.page == pair.page and abs(m.top - top) < 2 and m.identifier.value == value for m in mentions):
                found = Identifier(value, pair.text, 0, 0, prefixed=True)
                words = tuple(w for v in pair.values for w in v)
                mentions.append(Mention(pair.page, top, found, words, is_heading=True))
    return sorted(mentions, key=lambda m: (m.page, m.top))


def mention_above(mentions: Sequence[Mention], in_tables: Collection[str], page: int, top: float) -> Mention | None:
    """The FOAN that holds for what begins at ``top``: the report's only FOAN, else the heading nearest above.

    Args:
        mentions: of the report, in reading order.
        in_tables: FOANs that its tables state.
        page: 1-based.
        top: in points.
    """
    if mentions and len({*in_tables, *(m.identifier.value for m in mentions)}) == 1:
        return mentions[0]
    above = [m for m in mentions if m.is_heading and not m.is_caption and (m.page, m.top) < (page, top)]
    return above[-1] if above else None
