"""Planted names as the matching room takes them."""

from names_at_scale import NamedArchive, Scheme

from data_contracts.vocabulary import DefectClass
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile, load_profile


def profile_of(scheme: Scheme) -> Profile:
    """The default profile with the grammars of a scheme."""
    settings = load_profile(None).model_dump()
    settings["foan"] = {"pattern": scheme.foan_pattern}
    settings["serial_number"] |= {"pattern": scheme.serial_pattern}
    settings["matching"]["threshold"] = scheme.threshold
    return Profile.model_validate(settings)


def instances_of(archive: NamedArchive) -> list[Instance]:
    """The parts that have a report; an instance's id is FOAN and serial number."""
    return [
        Instance(
            f"{p.foan} {p.serial_number}",
            p.foan,
            p.serial_number,
            "",
            DefectClass.MATERIAL,
            p.foan,
            in_review=False,
            issued=p.issued and (p.issued, p.issued),
        )
        for p in archive.parts
        if p.has_report
    ]


def images_of(archive: NamedArchive, profile: Profile) -> list[ImageEvidence]:
    """The names, read; every image has bytes of its own."""
    parser = NameParser(profile)
    return [
        ImageEvidence(
            image.path,
            image.path,
            parser.parse(image.path),
            acquired_at=image.shot and image.shot.taken,
            magnification=image.shot and float(image.shot.magnification),
        )
        for image in archive.images
    ]


def truth_of(archive: NamedArchive) -> dict[str, str]:
    """Path -> id of the instance that it shows, whether or not it has a report."""
    return {image.path: f"{image.part.foan} {image.part.serial_number}" for image in archive.images}
