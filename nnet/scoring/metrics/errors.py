"""What goes wrong when metrics are computed."""

from nnet.errors import NNetError


class MetricError(NNetError, ValueError):
    """Maps, masks, scores or labels that cannot be evaluated."""


class UndefinedMetricError(MetricError):
    """A metric that has no value on this data, such as an AUROC without normal samples."""
