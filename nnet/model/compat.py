"""Import timm, with any build of torchvision, and without the compiler of PyTorch.

torchvision's wheels are compiled against the CUDA build of PyTorch. Beside a CPU build they cannot load their
operators, and `import torchvision` (which timm needs) stops with "operator torchvision::nms does not exist".
N-Net uses none of these operators (box suppression); declaring their signatures is enough to import the rest.
"""

import functools
import sys
from types import ModuleType
from typing import Any

import torch

_EXTENSIONS = ("_C", "_C_stable")
"""What torchvision's own library is called, the second from 0.29 on."""
_FILLS = (torch.Tensor.normal_, torch.Tensor.uniform_)
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def declare_torchvision_operators() -> tuple[torch.library.Library, ...]:
    """Declare torchvision's operators if its own library cannot be loaded.

    Returns the declarations made (none on a matching pair of builds); they live as long as the process.
    """
    if _compiled_operators_load():
        return ()
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return (library,)


def _compiled_operators_load() -> bool:
    from importlib.machinery import PathFinder
    from importlib.util import find_spec

    package = find_spec("torchvision")
    folders = package.submodule_search_locations if package else []
    extension = next(filter(None, (PathFinder.find_spec(name, folders) for name in _EXTENSIONS)), None)
    if extension is None:
        return False
    try:
        torch.ops.load_library(extension.origin)  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True


@functools.cache
def import_timm() -> Any:
    """The package timm; typed as Any, since what it adds to `nn.Module` (`feature_info`, ...) has no type.

    timm and torchvision ask PyTorch's compiler to leave two of their functions alone, which N-Net does not use. That
    imports the compiler with some 700 modules, which takes a third of the time to the first heatmap. They are answered
    by a stand-in, which is gone afterwards: who compiles imports the compiler itself.
    """
    declare_torchvision_operators()
    names = ("torch._dynamo", "torch._dynamo.utils")
    if not any(name in sys.modules for name in names):
        compiler, utils = map(ModuleType, names)
        compiler.__path__ = []
        compiler.disable = lambda function=None, *_, **__: function  # type: ignore[attr-defined]
        compiler.utils, utils.is_compile_supported = utils, lambda _: False  # type: ignore[attr-defined]
        sys.modules.update(zip(names, (compiler, utils), strict=True))
        try:
            import timm
        except (ImportError, AttributeError):  # a version that asks more of it
            pass
        finally:
            for name in names:
                del sys.modules[name]
    import timm

    return timm


class Uninitialised(torch.overrides.TorchFunctionMode):
    """A block in which modules are made on device meta without weights, and what would fill these is left out.

    PyTorch would go through its compiler for each of them, to find that there is nothing to fill.
    """

    def __enter__(self) -> "Uninitialised":
        self._device = torch.device("meta")
        self._device.__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._device.__exit__(*error)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """As the function, but for those of `torch.nn.init`, and for what others fill a tensor with."""
        if getattr(function, "__module__", "") == "torch.nn.init" or function in _FILLS:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **(kwargs or {}))
