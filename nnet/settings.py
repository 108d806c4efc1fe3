"""The settings of a configuration by their paths, such as "model.size", in the order of `nnet.config`."""

import dataclasses
import functools
from typing import Any, cast

from nnet.config import Config


@functools.cache
def fields() -> dict[str, dataclasses.Field[Any]]:
    """What is known of each: help and source are in its metadata."""
    parts = ((part.name, cast(Any, part.default_factory)) for part in dataclasses.fields(Config))
    return {f"{name}.{field.name}": field for name, make in parts for field in dataclasses.fields(make)}


def flat(config: Config) -> dict[str, Any]:
    """All values."""
    return {f"{part}.{name}": value for part, values in config.to_dict().items() for name, value in values.items()}


def differences(config: Config, other: Config) -> dict[str, tuple[Any, Any]]:
    """Where two configurations differ: path -> (value, other value)."""
    theirs = flat(other)
    return {path: (value, theirs[path]) for path, value in flat(config).items() if value != theirs[path]}
