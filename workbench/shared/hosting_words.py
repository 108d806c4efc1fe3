"""What visitors of a shared demo read about it."""

from workbench.shared import units

ABOUT = (
    "This is a shared demo: others use it at the same time and cannot see your pictures, which lie on the host’s "
    "computer until you close the page."
)
FULL = "This demo has room for {visitors} visitors, and all places are taken. Try again in a few minutes."
NO_MEMORY = "The host’s computer is short of memory at the moment. Try again in a few minutes."
OWN_UPLOADS = (
    "{what} was left out: your uploads may take {limit} in this shared demo, and with it they would take more. "
    "Remove some of them first."
)
SENT = "What you sent"
ALL_UPLOADS = "The visitors’ uploads together take all of the {limit} that the host allows. Try again in a few minutes."
NO_TRAINING = (
    "The host of this shared demo has turned training off. You can train on your own computer: `make demo` opens the "
    "same workbench there."
)
NO_WATCHED = "The host of this shared demo shows no camera line."
ONE_TRAINING = "You have one training under way. When it has ended, you can start another one."
TOO_MANY_IMAGES = "In this shared demo a training takes at most {most} images, and these are {count}."
NO_MINUTES = (
    "The visitors’ trainings together may take {limit} in this shared demo. {left} of it is left, and this one would "
    "take {wanted}."
)
NO_DISK = "The visitors’ trainings together may take {limit} of disk, and this one would exceed it."
OUT_OF_MINUTES = "The time that the host allows for trainings is used up."


def full(visitors: int) -> str:
    """No place for one more."""
    return FULL.format(visitors=visitors)


def own_uploads(limit: int, what: str) -> str:
    """A visitor has used what he may."""
    return OWN_UPLOADS.format(limit=units.data_size(limit), what=what)


def all_uploads(limit: int) -> str:
    """All visitors together have."""
    return ALL_UPLOADS.format(limit=units.data_size(limit))


def no_minutes(limit: float, left: float, wanted: float) -> str:
    """A training would take longer than what is left of the time for all of them, in seconds."""
    return NO_MINUTES.format(
        limit=units.duration(limit), left=units.duration(max(0, round(left))), wanted=units.about(wanted)
    )


def no_disk(limit: int) -> str:
    """A training would take more than what is left of the disk for all of them."""
    return NO_DISK.format(limit=units.data_size(limit))


# ---------------------------------------------------------------------------------- what the doorman says, as a page

REFUSED_TITLE = "N-Net Workbench"
REFUSED = "This demo is for those whom its host has given the link. Open that link, or type its key here."
REFUSED_KEY, REFUSED_GO = "Key", "Open"
WRONG = "That is not the key of this demo."
TOO_LARGE = "This upload is larger than what the host of this shared demo allows."
NO_LENGTH = "An upload has to say how long it is."

# ------------------------------------------------------------------------------------------------- in the terminal

STARTED = """
  The workbench is shared now. Whoever is in the same network can open it:

    {link}

{code}
  Your own page, where you see who is there and stop what runs:

    {host}

  {key}
  Ctrl-C ends it for everybody; their pictures and trainings are removed.
  It is meant for a room of people whom you know, never for the open internet: docs/sharing.md.
"""
WITH_KEY = "The link holds the key {key}; without it nobody gets in. Give the link to your visitors only."
WITHOUT_KEY = "There is no key: everybody in this network gets in."
NO_NETWORK = "No network was found, so that only this computer reaches the link."
PORT_TAKEN = "Port {port} is taken by another program. Choose another one with --port."
