"""How to watch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How to watch.

    Attributes:
        patience: seconds for which a file that does not decode must stay unchanged to be called unreadable.
        overlays: "all", "anomalous" or "none": of which pictures an overlay is kept.
    """

    patience: float = 10.0
    overlays: str = "all"
