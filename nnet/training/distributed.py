"""The same training on several devices and machines, started by torchrun.

Every process holds the whole network and works on its share of each global batch; gradients are averaged by
DistributedDataParallel. Batch normalisation uses the statistics of the whole batch, so that the result does not depend
on how many processes there are, but for rounding. The process of rank 0 alone reports and writes.
"""

import functools
import os
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from nnet.device import choose_device


class Team:
    """The processes that train together; one alone without torchrun.

    Attributes:
        rank: 0..size - 1 over all machines.
        size: number of processes.
        on_this_machine: number of processes here; they share the main memory.
        device: this process's own.
    """

    def __init__(self, device: str) -> None:
        self.rank = int(os.environ.get("RANK", 0))
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.on_this_machine = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        if self.size > 1 and device in ("auto", "cuda") and torch.cuda.is_available():
            device = f"cuda:{os.environ['LOCAL_RANK']}"
        self.device = choose_device(device)
        self._statistics: dist.ProcessGroup | None = None
        if self.size > 1:
            if self.device.type == "cuda":
                torch.cuda.set_device(self.device)
            if not dist.is_initialized():
                dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            # Under gloo of its own: its messages must not mix with those of the gradients. Two communicators of NCCL
            # on one device can wait for each other for ever, and its queue keeps the order anyway.
            self._statistics = dist.group.WORLD if self.device.type == "cuda" else dist.new_group()

    @property
    def leads(self) -> bool:
        """Whether this is the process that reports and writes."""
        return self.rank == 0

    def share(self, indices: np.ndarray) -> np.ndarray:
        """This process's part of a global batch; the parts differ by at most one image."""
        return np.array_split(indices, self.size)[self.rank]

    def wrap(self, module: nn.Module, unused: bool) -> nn.Module:
        """The module with its gradients averaged over the team; `unused` if some parameters get none in some steps."""
        if self.size == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(
            module, device_ids=devices, broadcast_buffers=False, find_unused_parameters=unused
        )

    def synchronise(self, network: nn.Module) -> None:
        """Let every batch normalisation that is trained use the statistics of the global batch."""
        if self._statistics is not None:
            if self.device.type == "cuda":
                with_nccl(network, self._statistics)
                return
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d) and module.weight.requires_grad:
                    together = functools.partial(_normalise_together, module, self._statistics)
                    module.forward = together  # type: ignore[method-assign]

    def mean(self, values: dict[str, Tensor], weight: float) -> dict[str, Tensor]:
        """Weighted mean over the team of named scalars; the weights of all processes sum to 1."""
        stacked = torch.stack([v.detach().float() for v in values.values()]) * weight
        return dict(zip(values, self.sum(stacked), strict=True))

    def sum(self, value: Tensor) -> Tensor:
        """Sum over the team, in place."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def tell(self, value: Any) -> Any:
        """What rank 0 says; what the others bring is ignored. The machines need no common disk."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, device=self.device if self.device.type == "cuda" else None)
        return box[0]

    def part(self) -> None:
        """Go separate ways: from here on rank 0 works alone."""
        if self.size > 1:
            dist.barrier()
            dist.destroy_process_group()


def with_nccl(network: nn.Module, group: dist.ProcessGroup | None) -> None:
    """Put PyTorch's SyncBatchNorm, which needs CUDA, in the place of every batch normalisation that is trained.

    Parameters, running statistics and their names stay. timm's layers bring an activation along, so timm replaces them.
    """
    from timm.layers import convert_sync_batchnorm

    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d) and child.weight.requires_grad:
                setattr(parent, name, convert_sync_batchnorm(child, group))


def _normalise_together(module: nn.BatchNorm2d, group: dist.ProcessGroup, x: Tensor) -> Tensor:
    """Batch normalisation over all processes' images on a CPU, where PyTorch's SyncBatchNorm does not run.

    Two passes, mean first, then the squared distances from it: as exact as one process is.
    """
    if not module.training:
        return type(module).forward(module, x)
    with torch.autocast(x.device.type, enabled=False):
        values = x.float()
        channels = values.shape[1]
        total = _Sum.apply(torch.cat([values.sum((0, 2, 3)), values.new_tensor([values.numel() / channels])]), group)
        count = total[-1].detach()
        mean = (total[:-1] / count).view(1, -1, 1, 1)
        centred = values - mean
        variance = _Sum.apply(centred.square().sum((0, 2, 3)), group) / count  # (C,)
        if module.running_mean is not None and module.running_var is not None:
            assert module.num_batches_tracked is not None and module.momentum is not None  # never set otherwise here
            with torch.no_grad():
                module.num_batches_tracked += 1
                module.running_mean.lerp_(mean.flatten(), module.momentum)
                module.running_var.lerp_(variance * count / (count - 1), module.momentum)
        scale = module.weight * torch.rsqrt(variance + module.eps)
        out = (centred * scale.view(1, -1, 1, 1) + module.bias.view(1, -1, 1, 1)).to(x.dtype)
    act, drop = getattr(module, "act", None), getattr(module, "drop", None)  # timm's layers bring them along
    normalised: Tensor = act(drop(out)) if act is not None and drop is not None else out
    return normalised


class _Sum(torch.autograd.Function):
    """Sum over the team; its gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(context: Any, value: Tensor, group: dist.ProcessGroup) -> Tensor:
        context.group = group
        total = value.clone()
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.contiguous().clone()
        dist.all_reduce(total, group=context.group)
        return total, None
