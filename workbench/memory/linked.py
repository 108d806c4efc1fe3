"""Pictures of the scene's image in which the visitor chooses the patch."""

from workbench.components import linked_pictures
from workbench.components.linked_pictures import Pictures, Tile
from workbench.memory import settings, words
from workbench.memory.scene import Scene


def linked(
    scene: Scene, key: str, tiles: list[Tile], width: int = 150, columns: int = 0, hero: int | None = None
) -> None:
    """Pictures that share the chosen patch.

    Args:
        key: unique on the page.
        width: least width of a picture in pixels.
        columns: pictures in a row where the page is wide enough; 0 for as many as fit.
        hero: the picture that is as large as the window allows, with the others beside it, or None.
    """
    chosen, image_shape = settings.chosen_patch(), scene.loaded.image.shape
    shown = Pictures(
        tiles,
        scene.shape,
        chosen,
        image_shape,
        words.PICKER_LABEL,
        width=width,
        columns=columns,
        widest=440,
        hero=hero,
        beside=hero is not None,
    )
    linked_pictures.show(key, shown, settings.choose_patch)
