"""What experts are asked about a heat-map, and what they may answer."""

from collections.abc import Mapping

QUESTIONS: Mapping[str, str] = {
    "coincides_with_morphology": "Do the highlighted regions coincide with diagnostic morphology?",
    "mechanistically_plausible": "Is the explanation mechanistically plausible for this class?",
    "right_for_wrong_reason": "Is the answer right for the wrong reason?",
}
"""Column of the form -> what is asked (Schmid et al., consensus session)."""

ANSWERS = ("yes", "no", "unsure")
