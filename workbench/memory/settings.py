"""Every setting of the Memory page, with its default and reader; the URL keeps them all."""

from collections.abc import Callable, Sequence

import streamlit as st

from nnet.analysis import dense
from workbench.memory import recall, words
from workbench.memory.recall import Addressing
from workbench.shared.settings import Setting, number, one_of, whole_number

_PAGE = "memory"
_PAGE_NUMBER = whole_number(1, 10**6)

TEMPERATURE: Setting[float] = Setting(_PAGE, "temperature", None, number(0, 1e6))
"""Of the softmax; the trained one unless the visitor chooses."""
SHRINK: Setting[float] = Setting(_PAGE, "shrink", None, number(0, 1e6))
"""Threshold of the shrinkage in units of 1/N; the trained one unless the visitor chooses."""
FORGET = Setting(_PAGE, "forget", "", str)
"""The items that are switched off, as `recall.items_to_text` writes them."""
KEEP: Setting[int] = Setting(_PAGE, "keep_items", None, whole_number(0, 10**6))
"""How many items “Forget all but these” keeps."""
ROW: Setting[int] = Setting(_PAGE, "patch_row", None, whole_number(0, 10**6))
"""Of the chosen patch, from 1; that of the highest score unless the visitor chooses."""
COLUMN: Setting[int] = Setting(_PAGE, "patch_column", None, whole_number(0, 10**6))
ONLY = Setting(_PAGE, "only_items", "", str)
"""The items that alone are shown, or "" for all."""
ITEMS_ORDER = Setting(_PAGE, "items_order", "here", one_of(words.ORDERS))
ATLAS_ORDER = Setting(_PAGE, "atlas_order", "training", one_of(words.ORDERS))
ITEMS_PAGE, ATLAS_PAGE = Setting(_PAGE, "items_page", 1, _PAGE_NUMBER), Setting(_PAGE, "atlas_page", 1, _PAGE_NUMBER)
ATLAS = Setting(_PAGE, "atlas", "items", one_of(words.VIEWS))
LAYOUT = Setting(_PAGE, "atlas_layout", "UMAP", one_of(words.LAYOUTS))


def first_tab() -> str:
    """The tab that is open at first: the one whose settings a link names."""
    named = {
        "atlas": (ATLAS, LAYOUT, ATLAS_ORDER, ATLAS_PAGE),
        "forget": (FORGET, KEEP),
        "items": (ONLY, ITEMS_ORDER, ITEMS_PAGE),
    }
    return next((tab for tab, some in named.items() if any(one.name in st.query_params for one in some)), "recall")


def one_of_numbers(options: Sequence[float]) -> Callable[[str], float]:
    """A reader: one of these numbers."""
    return lambda written: options[list(options).index(float(written))]


def items(setting: Setting[str], count: int) -> tuple[int, ...]:
    """The item numbers, from 0, that a setting names; call it before the widget that shows them."""

    def read(written: str) -> str:
        return recall.items_to_text(recall.items_from_text(written, count))

    return recall.items_from_text(setting.remember("", read), count)


def switch_off(items: Sequence[int]) -> None:
    """Switch exactly these items off. A callback."""
    FORGET.set(recall.items_to_text(items))


def bring_all_back() -> None:
    """Switch all items on. A callback."""
    switch_off(())


def reset(trained: Addressing) -> None:
    """Go back to the trained addressing, with all items on. A callback."""
    TEMPERATURE.set(trained.temperature)
    SHRINK.set(trained.shrink)
    bring_all_back()


def mix_all() -> None:
    """Address the memory so that every patch mixes all items, as step 5 of the tour does. A callback."""
    TEMPERATURE.set(dense.DENSE_TEMPERATURE)
    SHRINK.set(dense.DENSE_SHRINK)


def choose_patch(row: int, column: int) -> None:
    """Choose a patch by its position from 0. A callback."""
    ROW.set(row + 1)
    COLUMN.set(column + 1)


def chosen_patch() -> tuple[int, int]:
    """Row and column of the chosen patch, from 0."""
    return ROW.value - 1, COLUMN.value - 1


def picked(listed: Sequence[object]) -> tuple[int, ...]:
    """What a list of items holds, which has texts, too, if a browser sent some that are no items."""
    return tuple(item for item in listed if isinstance(item, int))
