"""Who speaks for the FOAN of an image: file name, folder, serial number, pictures in reports, data bars and tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.by_picture import Shown
from fractocurate.matching.index import InstanceIndex, Witness
from fractocurate.matching.marks import Marks, strong_serials


@dataclass(frozen=True, slots=True)
class Statements:
    """The FOANs that each witness of an image states."""

    name: frozenset[str]
    """Empty also if the name's FOAN is malformed."""
    is_named: bool
    """The file name states a FOAN, if only a malformed one."""
    folder: frozenset[str]
    others: tuple[frozenset[str], ...]
    """Serial number, pictures in reports, data bars, tags; those that state something."""

    @property
    def second(self) -> frozenset[str]:
        """What is stated beside the file name."""
        return self.folder.union(*self.others)

    def n_witnesses_for(self, foan: str, index: InstanceIndex) -> int:
        """Witnesses of a link to ``foan``; a malformed name, or one that no report has, counts as meant so."""
        is_named_so = self.is_named and not any(other in index.of_foan for other in self.name - {foan})
        return is_named_so + sum(foan in stated for stated in (self.folder, *self.others))


def statements_of(witnesses: Sequence[Witness], marks: Marks, shown: Shown, index: InstanceIndex) -> Statements:
    """What the witnesses of one image state; the file name is the first of them."""
    name, *rest = witnesses
    owners = frozenset(i.foan for s in strong_serials(marks, index) for i in index.of_serial.get(s, ()))
    folder = frozenset[str]().union(*(_stated(w) for w in rest if w.method is ReadingMethod.FOLDER_NAME))
    others = [_stated(w) for w in rest if w.method is not ReadingMethod.FOLDER_NAME]
    is_named = bool(name.text.foans or name.text.malformed)
    spoken = tuple(filter(None, (owners, frozenset(shown.foans), *others)))
    return Statements(_stated(name), is_named, folder, spoken)


def _stated(witness: Witness) -> frozenset[str]:
    return frozenset(foan.value for foan in witness.text.foans if not foan.may_be_date)
