"""Files with the same bytes show the same fracture: they share a link, or none of them has one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.evidence import (
    Candidate,
    Decision,
    Decisions,
    ImageEvidence,
    Instance,
    SerialEvidence,
    TagEvidence,
)

_CONFLICT = "a file with the same bytes is named otherwise"
_MAY_INHERIT = {
    MatchReason.NO_IDENTIFIER,
    MatchReason.AMBIGUOUS_INSTANCE,
    MatchReason.FUZZY_NOT_UNIQUE,
    MatchReason.ONE_WITNESS,
}
"""Reasons that speak for no other instance."""


def settle_copies(outcome: Decisions, images: Sequence[ImageEvidence], instances: Sequence[Instance]) -> Decisions:
    """Compare the decisions of files with the same sha256.

    - Linked to different instances, or one linked and another one named with another FOAN or serial number: all go to
      review.
    - One linked, and another one without an identifier of its own, or with one that does not decide between this
      instance and others: it takes over the link.
    """
    decision_of = {decision.path: decision for decision in outcome.decisions}
    foan_of = {instance.instance_id: instance.foan for instance in instances}
    copies = _copies(images)
    considered: dict[str, dict[str, Candidate]] = {path: {} for paths in copies for path in paths}
    for candidate in outcome.candidates:
        if candidate.path in considered:
            considered[candidate.path][candidate.instance_id] = candidate
    stopped: set[str] = set()
    for paths in copies:
        group = [decision_of[path] for path in paths]
        linked = [d for d in group if d.status is MatchStatus.MATCHED]
        if not linked:
            continue
        if _disagree(group, linked, considered):
            for decision in group:
                if decision.reason is not MatchReason.CONTRADICTION:  # it has its own reason, which says more
                    decision_of[decision.path] = _in_conflict(decision, group)
            stopped.update(d.path for d in linked)
        else:
            for decision in group:
                if _may_inherit(decision, considered[decision.path], linked[0]):
                    decision_of[decision.path] = _inherited(decision, linked[0])
    inherited = {p: d for p, d in decision_of.items() if d.rule == "same_bytes"}
    candidates = _settled_candidates(outcome.candidates, stopped, inherited, foan_of)
    return Decisions(tuple(decision_of[d.path] for d in outcome.decisions), candidates)


def _copies(images: Sequence[ImageEvidence]) -> list[list[str]]:
    """Paths of files that share their bytes with others, sorted within each group."""
    paths_of: dict[str, list[str]] = defaultdict(list)
    for image in images:
        paths_of[image.sha256].append(image.path)
    return [sorted(paths) for paths in paths_of.values() if len(paths) > 1]


def _may_inherit(decision: Decision, own: dict[str, Candidate], linked: Decision) -> bool:
    return decision.reason in _MAY_INHERIT and (not own or linked.instance_id in own)


def _disagree(
    group: Sequence[Decision], linked: Sequence[Decision], considered: dict[str, dict[str, Candidate]]
) -> bool:
    """Whether copies are linked to different instances, or one is named with another FOAN or serial number."""
    several = len({d.instance_id for d in linked}) > 1 or len({d.foan for d in group if d.foan is not None}) > 1
    return several or any(_speaks_against(d, considered[d.path], linked[0].instance_id or "") for d in group)


def _speaks_against(copy: Decision, own: dict[str, Candidate], instance_id: str) -> bool:
    """A copy with another serial number, or a torn FOAN that resembles others only, cannot leave the link in peace."""
    candidate = own.get(instance_id)
    if candidate is not None:
        return candidate.serial_evidence is SerialEvidence.CONTRADICTS
    return bool(own) and copy.reason is MatchReason.FUZZY_NOT_UNIQUE


def _in_conflict(decision: Decision, group: list[Decision]) -> Decision:
    others = ", ".join(f"{d.path} ({d.foan or 'no FOAN'})" for d in group if d.path != decision.path)
    stopped = decision.stopped(MatchReason.SAME_BYTES_CONFLICT, _CONFLICT, f"same bytes as {others}")
    return replace(stopped, foan=None)


def _inherited(decision: Decision, linked: Decision) -> Decision:
    return replace(
        decision,
        status=MatchStatus.MATCHED,
        reason=None,
        instance_id=linked.instance_id,
        foan=linked.foan,
        method=linked.method,
        similarity=linked.similarity,
        runner_up_similarity=linked.runner_up_similarity,
        rule="same_bytes",
        guard="",
        evidence=f"{decision.evidence}; same bytes as {linked.path}, which is linked",
    )


def _settled_candidates(
    candidates: Sequence[Candidate], stopped: set[str], inherited: dict[str, Decision], foan_of: dict[str, str]
) -> Sequence[Candidate]:
    """Candidates in line with the decisions: none accepted where a conflict stopped it, the inherited one first."""
    if not stopped and not inherited:
        return candidates
    of_path: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        of_path[candidate.path].append(candidate)
    for path in stopped:
        of_path[path] = [replace(c, accepted=False, guard=_CONFLICT) for c in of_path[path]]
    for path, decision in inherited.items():
        of_path[path] = _with_inherited(path, decision, of_path[path], foan_of)
    return tuple(candidate for path in sorted(of_path) for candidate in of_path[path])


def _with_inherited(
    path: str, decision: Decision, own: Sequence[Candidate], foan_of: dict[str, str]
) -> list[Candidate]:
    instance_id = decision.instance_id or ""
    first = next((c for c in own if c.instance_id == instance_id), None) or Candidate(
        path=path,
        rank=1,
        instance_id=instance_id,
        foan=foan_of[instance_id],
        similarity=0.0,
        foan_source=None,
        serial_evidence=SerialEvidence.NONE,
        tag_evidence=TagEvidence.NONE,
        accepted=True,
        guard="",
    )
    rest = [replace(c, guard="a better candidate was accepted") for c in own if c.instance_id != instance_id]
    ranked = [replace(first, accepted=True, guard=""), *rest]
    return [replace(c, rank=rank) for rank, c in enumerate(ranked, start=1)]
