"""What the sections of the results get."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.ablations.results.rows import Base, Origin, slug


@dataclass(frozen=True)
class Scene:
    """What is shown: a base's results under a metric, and where they come from."""

    base: Base
    metric: str
    about: Origin

    def file(self, name: str) -> str:
        """The name of a download, without its ending."""
        return f"{slug(self.base.data)}-{name}"
