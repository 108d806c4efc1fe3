"""Let timm be imported where torchvision's compiled operators do not match the installed PyTorch.

torchvision's wheels are compiled against the CUDA build of PyTorch. Beside a CPU build they cannot load their
operators, and `import torchvision` (which timm needs) stops with "operator torchvision::nms does not exist".
N-Net uses none of these operators (box suppression); declaring their signatures is enough to import the rest.
"""

import functools

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def declare_torchvision_operators() -> tuple[torch.library.Library, ...]:
    """Declare torchvision's operators if its own library cannot be loaded; call before `import timm`.

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
    extension = package and PathFinder.find_spec("_C", package.submodule_search_locations)
    if not extension:
        return False
    try:
        torch.ops.load_library(extension.origin)  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True
