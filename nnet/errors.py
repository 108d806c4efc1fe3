"""The one base class of every error whose message is written for the person at the screen."""


class NNetError(Exception):
    """A problem that the user can fix; the message says what was expected, what was found and what to do."""
