"""Named configurations, a file each: its docstring says what it is for and the command to run."""

from nnet.config import Config, ConfigError
from nnet.presets import medium, paper, small

PRESETS: dict[str, Config] = {"paper": paper.CONFIG, "small": small.CONFIG, "medium": medium.CONFIG}


def preset(name: str) -> Config:
    """A named configuration: "paper", "small" or "medium".

    Raises:
        ConfigError: no preset has that name.
    """
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {name!r}. Choose one of: {', '.join(PRESETS)}.")
    return PRESETS[name]
