"""Which micrograph shows which broken part: candidates, matches, and what people decided."""

from data_contracts.tables.base import Table, column, fraction, one_of
from data_contracts.vocabulary import MatchMethod, MatchReason, ReadingMethod


class FigureLinks(Table):
    """Pictures of reports that show the field of a micrograph: evidence that no file name touches."""

    figure_id: str = column("The picture in a report.")
    micrograph_id: str = column("The micrograph that shows the same field.")
    hamming: int = column("Distance of their pHashes, bits.", ge=0)
    correlation: float = fraction("Of their textures, after alignment; strangers stay below 0.4.")

    class Config:
        """Read by pandera."""

        unique = ["figure_id", "micrograph_id"]  # noqa: RUF012 - pandera's way to name a key


class MatchCandidates(Table):
    """The instances that were considered for each image file, best first."""

    path: str = column("The image file.")
    rank: int = column("1 is the best.", ge=1)
    instance_id: str = column("The candidate.")
    foan: str = column("Its FOAN.", nullable=True)
    similarity: float = fraction("Levenshtein similarity of the image's FOAN and the candidate's.")
    foan_source: str = one_of(ReadingMethod, "Where the FOAN closest to it was read.", nullable=True)
    serial_evidence: str = column("What the serial numbers say.", isin=["full", "partial", "none", "contradicts"])
    tag_evidence: str = column("What the instance tags say.", isin=["agrees", "none", "contradicts"])
    picture_evidence: str = column(
        "What the pictures in reports say: `shown` among those of this instance, `elsewhere` among those of another.",
        isin=["shown", "none", "elsewhere"],
    )
    company: float = fraction("Share of the linked images around it (same folder or session) that show this instance.")
    accepted: bool = column("This candidate became the link.")
    guard: str = column("The guard that stopped it; empty if none did.")

    class Config:
        """Read by pandera."""

        unique = ["path", "rank"]  # noqa: RUF012 - pandera's way to name a key


class Matches(Table):
    """What became of each readable image file, and why."""

    path: str = column("The image file.", unique=True)
    micrograph_id: str = column("Its content.")
    status: str = column("Decision.", isin=["matched", "review", "unmatched"])
    reason: str = one_of(MatchReason, "Why it is in review or unmatched; null if matched.", nullable=True)
    instance_id: str = column("The linked instance; null unless matched.", nullable=True)
    foan: str = column("The FOAN that was established, with or without an instance.", nullable=True)
    method: str = one_of(MatchMethod, "How the link came about; null unless matched.", nullable=True)
    similarity: float = fraction("Of the image's FOAN and the instance's.", nullable=True)
    runner_up_similarity: float = fraction("Of the best other FOAN.", nullable=True)
    rule: str = column("Rung of the ladder that decided.")
    guard: str = column("Guard that stopped a link; empty if none did.")
    evidence: str = column("The decision in a sentence.")


class Decisions(Table):
    """What people decided, append-only. The latest decision on a micrograph holds, and no re-run loses it."""

    decision_id: int = column("Running number.", unique=True, ge=1)
    sha256: str = column("The micrograph it is about, by its bytes: a renamed file keeps its decision.")
    path: str = column("Where it lay then.")
    action: str = column("Link it to an instance, or leave it out.", isin=["link", "exclude"])
    foan: str = column("FOAN of the instance; null for an exclusion.", nullable=True)
    serial_number: str = column("Serial number of the instance; null if not needed.", nullable=True)
    reviewer: str = column("Who decided.")
    note: str = column("Why.")
    decided_at: str = column("UTC, ISO 8601.")
