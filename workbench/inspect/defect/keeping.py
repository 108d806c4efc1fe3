"""Keep the altered image: use it on every page, or download it and its mask."""

import streamlit as st

from nnet.errors import NNetError
from workbench.inspect.defect import words
from workbench.inspect.defect.recipe import mask_picture
from workbench.inspect.defect.scene import Outcome
from workbench.inspect.scene import Scene
from workbench.shared import chosen_picture, pictures, units
from workbench.shared.controls import download

_ADDED = "studio_added"


def draw(scene: Scene, outcome: Outcome) -> None:
    """The altered image for the other pages, and image and mask as files."""
    name, alteration = words.file_stem(scene.picture.stem, outcome.recipe.kind), outcome.alteration
    with st.container(horizontal=True, gap="small"):
        use = st.button(words.EVERYWHERE, key="studio_use", icon=":material/library_add:", help=words.EVERYWHERE_HELP)
        files = {
            words.IMAGE_FILE: (lambda: pictures.png(alteration.image), f"{name}.png"),
            words.MASK_FILE: (lambda: pictures.png(mask_picture(alteration.mask)), f"{name}-mask.png"),
        }
        for label, (make, file) in files.items():
            download(label, make, file, f"studio-{label}", "image/png")
    made = (scene.loaded.hash, outcome.recipe)
    if use:
        try:
            key = chosen_picture.add(_free_name(name), pictures.png(alteration.image))
        except NNetError as error:
            st.warning(units.plain(str(error)), icon=":material/warning:")
            return
        st.session_state[_ADDED] = (made, key)
        st.rerun()  # the row of images is outside this fragment
    added, key = st.session_state.get(_ADDED, (None, ""))
    if added == made and key in chosen_picture.uploads():
        _lead_on(key)


def _free_name(name: str) -> str:
    """A file name that no image of the visitor has."""
    taken = {picture.title for picture in chosen_picture.uploads().values()}
    numbered = (f"{name}-{number}.png" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in (f"{name}.png", *numbered) if candidate not in taken)


def _lead_on(key: str) -> None:
    """Ways to the other pages with the altered image chosen."""
    st.success(words.added(chosen_picture.uploads()[key].title), icon=":material/check:")
    with st.container(horizontal=True, gap="small"):
        for label, page in ((words.IN_MEMORY, "pages/2_Memory.py"), (words.IN_PROJECTION, "pages/3_Projection.py")):
            if st.button(label, key=f"studio_{page}", icon=":material/arrow_forward:"):
                chosen_picture.choose(key)
                st.switch_page(page)
        if st.button(words.HERE, key="studio_here", icon=":material/search:"):
            chosen_picture.choose(key)
            st.rerun()
