"""What the sections of the results get."""

from dataclasses import dataclass

from nnet.scoring.metric_names import SHORT_NAMES
from workbench.ablations.results.rows import Base, Origin, slug


@dataclass(frozen=True)
class Scene:
    """What is shown: a base's results under a metric, where they come from, and whether hints are left out."""

    base: Base
    metric: str
    about: Origin
    brief: bool = False

    @property
    def metric_name(self) -> str:
        """What people call it."""
        return SHORT_NAMES[self.metric]

    def file(self, name: str) -> str:
        """The name of a download."""
        return f"{slug(self.base.data)}-{name}.csv"
