"""One image under several variants. To be written."""


def draw() -> None:
    pass
