"""Which micrograph shows which broken part: candidates, matches, and what people decided."""

from data_contracts.tables.base import SHA256, Table, column, fraction, one_of
from data_contracts.vocabulary import MatchMethod, MatchReason, ReadingMethod

ANSWER = "answer"
"""Action of a row of ``decisions`` that says something about a heat-map and nothing about a label."""


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
    """What people said of micrographs, append-only; the latest holds, and no re-run loses any.

    Labels rest on links and exclusions (view `label_decisions`), never on experts' answers about heat-maps.
    """

    decision_id: int = column("Running number.", unique=True, ge=1)
    sha256: str = column("The micrograph it is about, by its bytes: a renamed file keeps it.", str_matches=SHA256)
    path: str = column("Where it lay then.")
    action: str = column(
        "Link it to an instance, leave it out, or answer a question about its heat-map.",
        isin=["link", "exclude", ANSWER],
    )
    foan: str = column("FOAN of the instance; null unless it is a link.", nullable=True)
    serial_number: str = column("Serial number of the instance; null if not needed.", nullable=True)
    run_id: str = column("Of an answer: the run whose model was asked.", nullable=True)
    method: str = column("Of an answer: method of the heat-map.", nullable=True)
    question: str = column(
        "Of an answer: question of the consensus session.",
        isin=["coincides_with_morphology", "mechanistically_plausible", "right_for_wrong_reason"],
        nullable=True,
    )
    answer: str = column("Of an answer: what was ticked.", isin=["yes", "no", "unsure"], nullable=True)
    reviewer: str = column("Who decided, or the rater who answered.")
    note: str = column("Why; of an answer, in the rater's own words, may be empty.")
    decided_at: str = column("When, of an answer when it was imported; UTC, ISO 8601.")
