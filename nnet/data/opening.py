"""The way to open any data set: `open_dataset` recognises the layout."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from nnet.data.archive import TemporaryFolder, extract_zip
from nnet.data.depth import common_bits, read_as
from nnet.data.elpv import KINDS, open_elpv
from nnet.data.errors import DataError, SeveralCategories
from nnet.data.folders import (
    SPLIT_NAMES,
    is_category,
    is_masked,
    is_plain,
    is_test_part,
    open_category,
    open_labelled,
    open_masked,
    open_plain,
)
from nnet.data.images import ImageError, stored_size
from nnet.data.listing import list_images, not_too_deep, subfolders, walk_images
from nnet.data.names import local_path, safe_name, shown_name, shown_text
from nnet.data.not_taken import account
from nnet.data.sample import Dataset, Sample
from nnet.data.synthetic import DEFAULT_KIND, of_source, open_synthetic
from nnet.data.table import find_table, open_table
from nnet.data.turned_masks import settle
from nnet.data.visa import find_visa_root, is_unsplit, open_unsplit, open_visa, visa_categories


def open_dataset(spec: str | Path, *, seed: int = 0, strict: bool = True, masks: str | None = None) -> Dataset:
    """Open a data set by name or path; the layout is recognised.

    Args:
        spec: "elpv" (the same as "elpv:mono"), "elpv:poly", "synthetic" or "synthetic:KIND"; or a folder of normal
            images (with folders of defects beside it or not), of an MVTec-style category or a VisA category; or a
            ZIP of any of these, where "FILE.zip/category" names a category inside; its files go to a temporary folder,
            which is removed with the last sample. A folder that has the name of a
            set is opened as a Path, or as "./elpv".
        seed: draws the held-out normal images where the data set has no split of its own, and synthetic images.
        strict: a mask without an image, or of another size than its image, is an error. With False the former are
            listed in `unpaired_masks` and the latter are found by `inspect`, or raise when they are read.
        masks: how masks of photos that EXIF turns are read where nothing tells (`nnet.data.turned_masks.READINGS`).

    Raises:
        DataError: nothing there, no layout recognised, a ZIP that is refused, or files that contradict each other;
            the message says what was expected.
    """
    try:
        with not_too_deep():
            return _open(spec, seed, strict, masks)
    except OSError as error:  # no permission, a broken disk, a share that went away
        raise DataError(
            f"{error.filename or spec} cannot be read ({error.strerror or error}). Give this program permission to "
            "read it, or copy the images to another folder."
        ) from error


def _open(spec: Path | str, seed: int, strict: bool, masks: str | None) -> Dataset:
    name, _, kind = str(spec).partition(":")
    if not isinstance(spec, Path) and name == "elpv":
        return open_elpv(kind or "mono", seed=seed)
    if not isinstance(spec, Path) and name == "synthetic":
        return open_synthetic(kind or DEFAULT_KIND, seed=seed)
    path = local_path(spec)
    archive = next((part for part in (path, *path.parents) if part.is_file()), None)
    if archive is None:
        return open_folder(path, seed=seed, strict=strict, masks=masks)
    inside = path.relative_to(archive).as_posix()
    return open_zip(archive, inside=inside, seed=seed, strict=strict, masks=masks)


def open_zip(
    source: Path | BinaryIO,
    *,
    name: str = "",
    inside: str = "",
    seed: int = 0,
    strict: bool = True,
    masks: str | None = None,
) -> Dataset:
    """Unpack a ZIP, from a file or an uploaded stream, and open what it holds.

    Args:
        name: what to call it in titles and messages, where the source is a stream.
        inside: a folder in it, such as a category.
        seed, strict, masks: as in `open_dataset`.

    Raises:
        DataError: as `extract_zip` and `open_dataset`.
    """
    name = name or (str(source) if isinstance(source, Path) else "upload.zip")
    owner = TemporaryFolder()
    # In it the files get a folder with the ZIP's name, from which the data set takes its own.
    target = (owner.path / safe_name(Path(name).stem)).resolve()
    extract_zip(source, target, name=name)
    if ".." in PurePosixPath(inside).parts:
        raise DataError(f"{inside} would leave {name}; name a folder in it.")
    try:
        dataset = open_folder(target / inside, seed=seed, strict=strict, masks=masks)
    except SeveralCategories as error:
        folder = Path(error.places[0]).parent
        raise SeveralCategories(str(folder).replace(str(target), name), error.names) from error
    except DataError as error:
        # The reader knows the ZIP, not the folder that it was unpacked into.
        raise DataError(str(error).replace(str(target), name)) from error
    return replace(
        dataset,
        source=dataset.source.replace(str(target), name),
        train=tuple(replace(sample, owner=owner) for sample in dataset.train),
        test=tuple(replace(sample, owner=owner) for sample in dataset.test),
    )


def open_folder(root: Path, *, seed: int = 0, strict: bool = True, masks: str | None = None) -> Dataset:
    """Open a folder of any known layout; see `open_dataset`."""
    return _completed(root, _recognised(root, seed, strict), strict, masks)


def open_sent(root: Path) -> Dataset:
    """Open files that were sent one by one (`nnet.data.intake`), all of them to measure on.

    Raises:
        DataError: as `open_dataset`.
    """
    return _completed(root.resolve(), open_labelled(root.resolve()), strict=True)


def categories(spec: str | Path) -> tuple[str, ...]:
    """Where each of several categories in a folder or ZIP lies, as for `open_dataset`; () for one data set.

    Raises:
        DataError: as `open_dataset`.
    """
    path = local_path(spec)
    if path.is_dir():
        with not_too_deep():
            root, names = _categories_in(path.resolve())
        return tuple(str(root / name) for name in names)
    try:
        open_dataset(spec, strict=False)
    except SeveralCategories as error:
        return error.places
    return ()


def _categories_in(root: Path) -> tuple[Path, list[str]]:
    """The folder that holds several categories, and their names, [] where `root` is something else."""
    children = subfolders(root)
    if is_category(root) or is_unsplit(root) or find_visa_root(root) is not None:
        return root, []
    if names := _several(root):
        return root, names
    if is_plain(root) or len(children) != 1 or children[0].name in SPLIT_NAMES:
        return root, []
    return _categories_in(children[0])


def _several(root: Path) -> list[str]:
    names = categories_of(root)
    return names if len(names) > 1 or (names and len(subfolders(root)) > 1) else []


def _completed(root: Path, dataset: Dataset, strict: bool, masks: str | None = None) -> Dataset:
    """With what concerns every layout: how masks are turned, files that are not taken, the bit depth, and sizes of
    masks."""
    dataset = settle(dataset, masks)
    dataset = replace(dataset, not_taken=account(root, dataset))
    if (bits := common_bits(dataset.samples)) is not None:
        dataset = read_as(dataset, bits)
    if strict:
        check_mask_sizes(dataset.test)
    return _shown(dataset)


def _shown(dataset: Dataset) -> Dataset:
    """With names that can be shown and written down, whatever bytes those of the files are."""

    def sample(one: Sample) -> Sample:
        key, label = shown_name(one.key), shown_name(one.label)
        return one if (key, label) == (one.key, one.label) else replace(one, key=key, label=label)

    train, test = tuple(map(sample, dataset.train)), tuple(map(sample, dataset.test))
    lists = (dataset.problems, dataset.notes, dataset.questions)
    problems, notes, questions = (tuple(map(shown_text, sentences)) for sentences in lists)
    return replace(
        dataset,
        name=shown_name(dataset.name),
        train=train,
        test=test,
        problems=problems,
        notes=notes,
        questions=questions,
        unsettled_masks=tuple(map(shown_name, dataset.unsettled_masks)),
        not_taken=tuple((shown_text(path), shown_text(why)) for path, why in dataset.not_taken),
    )


def _recognised(root: Path, seed: int, strict: bool) -> Dataset:
    if not root.is_dir():
        raise DataError(f"{root} is not a folder that can be opened; give a folder of images, a ZIP or a set's name.")
    root = root.resolve()
    children = subfolders(root)
    visa_root = find_visa_root(root)
    if visa_root is not None:
        return open_visa(visa_root, root.name, strict=strict)
    if is_category(root):
        return open_category(root, strict=strict)
    if is_unsplit(root):
        return open_unsplit(root, seed=seed, strict=strict)
    if names := _several(root):
        raise SeveralCategories(root, names)
    if (table := find_table(root)) is not None:
        return open_table(root, table, seed=seed)
    if is_test_part(root):
        return open_category(root, strict=strict)
    if is_plain(root):
        return open_plain(root, seed=seed, strict=strict)
    if len(children) == 1 and children[0].name not in SPLIT_NAMES:
        return _recognised(children[0], seed, strict)
    if is_masked(root):
        return open_masked(root, seed=seed, strict=strict)
    raise unrecognised(root)


def categories_of(root: Path) -> list[str]:
    """The names of the categories that a folder holds, such as MVTec AD's or VisA's; [] if none."""
    if is_category(root):
        return []
    inside = [child.name for child in subfolders(root) if is_category(child) or is_unsplit(child)]
    return visa_categories(root) or inside


def check_mask_sizes(samples: Iterable[Sample]) -> None:
    """Compare the sizes in the headers of images and masks, so that a mismatch shows before training, not after.

    Only where they differ is anything decoded: a camera's orientation may explain it. Files that cannot be read are
    left to whoever reads them.

    Raises:
        DataError: a mask whose size is not its image's; the message names both files.
    """
    for sample in samples:
        if sample.path is None or sample.mask is None:
            continue
        parts = list_images(sample.mask) if sample.mask.is_dir() else [sample.mask]
        sizes = {stored_size(path) for path in (sample.path, *parts)}
        if len(sizes - {None}) > 1:
            with suppress(ImageError):
                sample.load_mask()


def unrecognised(root: Path) -> DataError:
    """The error for a folder that fits no layout."""
    found = len(walk_images(root))
    inside = ", ".join(child.name for child in subfolders(root)[:8]) or "no folders"
    return DataError(
        f"{root} has no known layout ({found} images in all; inside: {inside}). Expected normal images directly in it, "
        "or in good/ beside folders of defects, or train/good with test/ and ground_truth/ as MVTec AD has them, "
        "or masks beside the images (NAME_mask.png), or a table of names and labels (CSV)."
    )


def packaged(described: Mapping[str, Any]) -> str:
    """Which of the data sets that need no file an account names, as for `open_dataset`; "" for another.

    Args:
        described: as `nnet.analysis.evaluation.describe` gives it.
    """
    name, (spec, seed) = str(described.get("name", "")), of_source(str(described.get("source", "")))
    for kind, word in KINDS.items():
        if name == f"ELPV {word}":
            return f"elpv:{kind}"
    # Of a synthetic set another seed draws other pictures.
    return spec if seed == 0 else ""
