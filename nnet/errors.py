"""The one base class of every error whose message is written for the person at the screen."""


class NNetError(Exception):
    """A problem that the user can fix; the message says what was expected, what was found and what to do."""


def brief(error: Exception | str) -> str:
    """What a library says, as it may stand in a sentence: printable, on one line and short.

    On a damaged ZIP, zipfile quotes thousands of the file's bytes.
    """
    said = "".join(char if char.isprintable() else " " for char in str(error)[:200])
    return said if len(str(error)) <= 200 else f"{said}…"
