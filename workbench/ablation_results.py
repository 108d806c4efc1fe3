"""The results of studies: measured beside published. To be written."""


def draw() -> None:
    pass
