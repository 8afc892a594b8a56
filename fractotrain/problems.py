"""What is wrong with settings, in sentences: every problem, each with its key and, if it is unknown, the one meant."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from data_contracts.errors import UsageError

M = TypeVar("M", bound=BaseModel)


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


def nearest_key(key: str, known: Sequence[str]) -> str | None:
    """The known dotted key that was probably meant: of the same name elsewhere, else spelled alike."""
    name = key.rpartition(".")[2]
    by_name = {other.rpartition(".")[2]: other for other in known}
    if name in by_name:
        return by_name[name]
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
    close += [by_name[found] for found in difflib.get_close_matches(name, by_name, n=1, cutoff=0.75)]
    return close[0] if close else None


def _keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys_of(field.annotation, f"{prefix}{name}.")
        yield prefix + name


def _sentences(error: Mapping[str, Any], known: Sequence[str], prefix: str) -> list[str]:
    key, given = ".".join(str(part) for part in error["loc"]) or "settings", error["input"]
    if error["type"] == "extra_forbidden":
        meant = {leaf: nearest_key(leaf, known) for leaf in _leaves(key, given)}
        return [
            f"{leaf}: there is no such setting" + (f"; did you mean {prefix}{near}?" if near else "")
            for leaf, near in meant.items()
        ]
    if error["type"] == "missing":
        return [f"{key}: is missing"]
    message = str(error["msg"]).removeprefix("Value error, ")
    whole = isinstance(given, BaseModel) or (isinstance(given, Mapping) and error["type"] == "value_error")
    return [f"{key}: {message}" if whole else f"{key}: {message} (given: {given!r})"]


def _leaves(key: str, value: object) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [leaf for name, below in value.items() for leaf in _leaves(f"{key}.{name}", below)]
    return [key]
