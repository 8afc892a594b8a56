"""What Hydra makes of `key=value ...`: every override that it cannot place is told, not the first one alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.errors import UsageError

if TYPE_CHECKING:  # --help must not need the training packages
    from hydra.core.override_parser.types import Override

CONF_DIR = Path(__file__).resolve().parent / "conf"


def group_choices(group: str) -> tuple[str, ...]:
    """Names of the files of a group: ``group_choices('recipe')`` -> ``('base', 'fast', 'paper')``."""
    return tuple(sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml")))


def compose_raw(overrides: Sequence[str], base: Sequence[str] = ()) -> tuple[dict[Any, Any], list[str]]:
    """Compose the groups of ``conf/`` with ``overrides``, leaving out those that Hydra cannot read or place.

    A key that no file knows is no problem here: it stands in the result, for the checks to find with all others.

    Args:
        overrides: Hydra's ``key=value``, in the order given.
        base: Choices of groups that hold in any case, such as ``+hpo=paper``.

    Returns:
        The settings, not yet checked, and a sentence for each override that was left out.

    Raises:
        UsageError: the overrides fit one by one but not together.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser  # noqa: PLC0415 - as above
    from hydra.errors import HydraException  # noqa: PLC0415 - as above

    parser = OverridesParser.create()
    placed: list[tuple[str, str]] = []
    problems = []
    for given in overrides:
        if "=" not in given and not given.startswith("~"):
            problems.append(f"{given!r} is no setting; settings are given as key=value, such as recipe=fast")
            continue
        try:
            override = parser.parse_override(given)
        except HydraException as error:
            problems.append(f"{given}: cannot be read: {_sentence(error)}")
            continue
        if problem := _misplaced(given, override):
            problems.append(problem)
        else:
            placed.append((given, _placeable(given, override)))
    raw, failure = _composed([*base, *(text for _, text in placed)])
    if raw is None:
        alone = {given: _composed([*base, text])[1] for given, text in placed}
        problems += [f"{given}: {said}" for given, said in alone.items() if said is not None]
        raw, failure = _composed([*base, *(text for given, text in placed if alone[given] is None)])
    if raw is None:
        raise UsageError(f"the settings do not fit together: {failure}")
    return raw, problems


def _composed(overrides: list[str]) -> tuple[dict[Any, Any] | None, str | None]:
    """Settings, or what Hydra says against them."""
    from hydra import compose, initialize_config_dir  # noqa: PLC0415 - --help must not need the training packages
    from hydra.errors import HydraException  # noqa: PLC0415 - as above
    from omegaconf import OmegaConf  # noqa: PLC0415 - as above
    from omegaconf.errors import OmegaConfBaseException  # noqa: PLC0415 - as above

    try:
        with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
            config = compose("config", overrides=overrides)
        raw = OmegaConf.to_container(config, resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        return None, _sentence(error)
    if not isinstance(raw, dict):
        raise UsageError("the settings are no mapping; conf/config.yaml is damaged")
    return raw, None


def _misplaced(given: str, override: "Override") -> str | None:
    """What is wrong with an override that can be read, as far as that can be seen without the settings."""
    key = override.key_or_group
    if key.partition(".")[0] == "hydra":  # it would take them, and do nothing
        return f"{key}: there is no such setting"
    if _is_group(key) and not override.is_delete() and override.value() not in group_choices(key):
        return f"{given.lstrip('+')}: there is no such choice; {key} is one of {', '.join(group_choices(key))}"
    return None


def _placeable(given: str, override: "Override") -> str:
    from hydra.core.override_parser.types import OverrideType  # noqa: PLC0415 - as above

    # Hydra stops at the first key that no file has; `++` puts it in, and the checks find it with the others.
    forced = override.type == OverrideType.CHANGE and not _is_group(override.key_or_group)
    return f"++{given}" if forced else given


def _is_group(key: str) -> bool:
    return key.isidentifier() and (CONF_DIR / key).is_dir()


def _sentence(error: Exception) -> str:
    # Hydra wraps the telling sentence in others that speak of its own flags and of our internals.
    lines = [line.strip() for e in (error, error.__cause__) if e is not None for line in str(e).splitlines()]
    noise = ("To append", "full_key", "object_type", "Set the", "See https", "Config search path", "provider=")
    return " ".join(dict.fromkeys(line for line in lines if line and not line.startswith(noise)))
