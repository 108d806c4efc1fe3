"""The one base class of every error whose message is written for the person at the screen."""


class NNetError(Exception):
    """Something the user can mend; the message says what was expected, what was found and what to do."""
