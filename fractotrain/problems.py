"""What is wrong with settings, in sentences: every problem, each with its key and, if it is unknown, the one meant."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from data_contracts.errors import UsageError

M = TypeVar("M", bound=BaseModel)

_ALIKE = 0.6
"""Likeness from which a key is suggested."""


def validated(model: type[M], raw: Mapping[Any, Any], prefix: str = "") -> tuple[M | None, list[str]]:
    """An instance, or a sentence for every problem, each with its dotted key after ``prefix``.

    Pydantic asks whether settings go together only once each of them is known and right; here unknown ones do not
    keep it from that question.
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        errors = error.errors()
    unknown = [e["loc"] for e in errors if e["type"] == "extra_forbidden"]
    if unknown:
        try:
            model.model_validate(_without(raw, unknown))
        except ValidationError as error:
            known = {(e["loc"], e["type"]) for e in errors}
            errors += [e for e in error.errors() if (e["loc"], e["type"]) not in known]
    known_keys = tuple(_keys_of(model))
    return None, [prefix + sentence for e in errors for sentence in _sentences(dict(e), known_keys, prefix)]


def refusal(problems: Sequence[str]) -> UsageError:
    """The error that tells them all."""
    listing = "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
    return UsageError(f"the settings cannot be used:\n{listing}\n(`--print-config` shows every key)")


def _without(raw: Mapping[Any, Any], unknown: Sequence[tuple[int | str, ...]]) -> dict[Any, Any]:
    """A copy that lacks the keys at these places."""
    gone = {place[0] for place in unknown if len(place) == 1}
    return {
        key: _without(value, [place[1:] for place in unknown if place[0] == key and len(place) > 1])
        if isinstance(value, Mapping)
        else value
        for key, value in raw.items()
        if key not in gone
    }


def nearest_keys(key: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known dotted keys that were probably meant: of the same name elsewhere, else spelled or worded alike."""
    likeness = {other: _likeness(key.rpartition(".")[2], other.rpartition(".")[2]) for other in known}
    best = max(likeness.values(), default=0.0)
    if best < _ALIKE:
        return ()
    return tuple(sorted((other for other in known if likeness[other] > best - 0.1), key=lambda o: -likeness[o])[:3])


def suggestion(key: str, known: Sequence[str], prefix: str = "") -> str:
    """The end of a sentence about an unknown key: those that it may mean, else all of its group, else nothing."""
    if near := nearest_keys(key, known):
        return f"; did you mean {' or '.join(prefix + other for other in near)}?"
    group = key.rpartition(".")[0]
    others = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == group]
    return f"; {(prefix + group).rstrip('.')} has {', '.join(others)}" if others and group else ""


def _likeness(name: str, other: str) -> float:
    """0 to 1: ``learning_rate`` is like ``lr``, ``max_epochs`` like ``epochs``, ``sead`` like ``seed``."""
    if name == other:
        return 1.0
    words, others = name.split("_"), other.split("_")
    if other == "".join(word[:1] for word in words) or name == "".join(word[:1] for word in others):
        return 0.9
    shared = len({*words} & {*others}) / min(len(words), len(others))
    spelled = difflib.SequenceMatcher(None, "".join(words), "".join(others)).ratio()
    return 0.85 * max(spelled, 0.95 * shared)


def _keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys_of(field.annotation, f"{prefix}{name}.")
        yield prefix + name


def _sentences(error: Mapping[str, Any], known: Sequence[str], prefix: str) -> list[str]:
    key, given = ".".join(str(part) for part in error["loc"]) or "settings", error["input"]
    if error["type"] == "extra_forbidden":
        return [f"{leaf}: there is no such setting{suggestion(leaf, known, prefix)}" for leaf in _leaves(key, given)]
    if error["type"] == "missing":
        return [f"{key}: is missing"]
    message = str(error["msg"]).removeprefix("Value error, ")
    whole = isinstance(given, BaseModel) or (isinstance(given, Mapping) and error["type"] == "value_error")
    return [f"{key}: {message}" if whole else f"{key}: {message} (given: {given!r})"]


def _leaves(key: str, value: object) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [leaf for name, below in value.items() for leaf in _leaves(f"{key}.{name}", below)]
    return [key]
