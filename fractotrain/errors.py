"""Errors of training that end a run."""

from data_contracts.errors import BadInputError, FractoError


class TrainingError(FractoError):
    """A fold whose numbers are no longer numbers, or a disk that takes no more."""


class WeightsError(BadInputError):
    """Weights that cannot be had or do not fit the model."""


class AttributionError(FractoError):
    """A heat-map that would mean nothing, or that cannot be stored."""
