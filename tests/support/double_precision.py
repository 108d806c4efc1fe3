"""Everything in float64, so that a test of training measures what is computed and not how a CPU rounds it.

Adam divides each gradient by its size and so turns a rounding into a step wherever the true gradient is 0. In float32
two machines, or two batch sizes on one machine, drift apart by a percent within a few steps; in float64 by 1e-11.
"""

import contextlib
import warnings
from collections.abc import Iterator
from unittest import mock

import torch

from nnet.scoring import maps


@contextlib.contextmanager
def double_precision() -> Iterator[None]:
    """Let parameters be created as float64, and every conversion to float32 be one to float64; one thread."""
    before, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    try:
        with (
            mock.patch.object(torch.Tensor, "float", torch.Tensor.double),
            mock.patch("nnet.training.loop.training_dtype", lambda *_: torch.float64),
            mock.patch("nnet.detector.inference_dtype", lambda *_: torch.float64),
            # What it keeps for other tests is float32.
            mock.patch("nnet.scoring.maps.enlargement", maps.enlargement.__wrapped__),
            warnings.catch_warnings(),
        ):
            warnings.filterwarnings("ignore", "In CPU autocast")  # there is none for float64, as it should be

            yield
    finally:
        torch.set_default_dtype(before)
        torch.set_num_threads(threads)
