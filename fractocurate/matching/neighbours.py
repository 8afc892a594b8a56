"""FOANs that are one slip apart: where a typing error turns one component into another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz.distance import OSA

from data_contracts.identifiers import Grammar


def neighbouring_foans(foans: Iterable[str], grammar: Grammar) -> dict[str, tuple[str, ...]]:
    """For each FOAN, the others one edit or one swap of neighbours away; FOANs without any are left out.

    Args:
        foans: canonical FOANs of the archive: those of the reports, and those read from names.
        grammar: the site's; it says what is compared.

    Returns:
        FOAN -> its neighbours, both sorted. This is the collision report.
    """
    foan_of_key = {grammar.key(foan): foan for foan in foans}
    index = SlipIndex(foan_of_key)
    neighbours = {
        foan: tuple(sorted(foan_of_key[other] for other in index.within_one_slip(key) if other != key))
        for key, foan in sorted(foan_of_key.items(), key=lambda item: item[1])
    }
    return {foan: others for foan, others in neighbours.items() if others}


class SlipIndex:
    """Finds keys one slip away without comparing all pairs.

    Two keys one edit apart share a form with at most one character dropped; two keys one swap apart do so as well
    (drop the same character from both).
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys_of_form: dict[str, list[str]] = defaultdict(list)
        for key in sorted(set(keys)):
            for form in set(_shortened(key)):
                self._keys_of_form[form].append(key)

    def within_one_slip(self, key: str) -> list[str]:
        """Keys equal to ``key`` or one edit or swap away from it, sorted."""
        near = {k for form in set(_shortened(key)) for k in self._keys_of_form.get(form, ())}
        return sorted(k for k in near if OSA.distance(key, k, score_cutoff=1) <= 1)


class Neighbourhood:
    """The FOANs of an archive around each of them; each is looked up once."""

    def __init__(self, slips: SlipIndex, foan_of_key: Mapping[str, str], grammar: Grammar) -> None:
        self._slips, self._foan_of_key, self._grammar = slips, foan_of_key, grammar
        self._known: dict[str, frozenset[str]] = {}

    def of(self, foan: str) -> frozenset[str]:
        """FOANs one slip away from ``foan``, itself left out."""
        if foan not in self._known:
            key = self._grammar.key(foan)
            near = self._slips.within_one_slip(key)
            self._known[foan] = frozenset(self._foan_of_key[k] for k in near if k != key)
        return self._known[foan]


def _shortened(key: str) -> Iterator[str]:
    yield key
    for i in range(len(key)):
        yield key[:i] + key[i + 1 :]
