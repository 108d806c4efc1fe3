"""What the host of a shared demo reads."""

import time

from nnet.runs import Run
from workbench.shared import units
from workbench.shared.hosting import Hosting

TITLE = "Host"
ABOUT = "Who uses this shared demo, and what runs. Only those who have the host’s own link see this page."
NOT_SHARED = (
    "This workbench is not shared: nobody but you reaches it. `make demo-shared` or `nnet-workbench --shared` shares "
    "it with the people in the same network."
)
NOT_HOST = "This page is for the host of this demo, who finds its link in the terminal."
LINK = "The link for your visitors"
CODE_ALT = "QR code of the link for visitors"
WITH_KEY = "It holds the key {key}. Without the link or the key nobody gets in."
WITHOUT_KEY = "Everybody in this network gets in."
HERE, RUNNING = "Who is here", "What runs"
NOBODY = "Nobody is here yet."
NOTHING = "No training runs or waits."
NO_TRAINING = "Visitors cannot train. Start the demo with `--train` to let them."
SEND_AWAY, STOP = "Send away", "Stop"
SEND_AWAY_HELP = (
    "Closes this visitor’s pages, ends their training and forgets their pictures. Their browser can begin anew."
)
VISITORS, UPLOADS, MEMORY, MINUTES, DISK = "Visitors", "Uploads", "Memory", "Training time", "Disk"
OF = "of {limit}"
AWAY = "gone, kept for a moment"
_STATES = {"queued": "waits", "running": "runs", "stopping": "is being stopped"}


def visitor(number: int, *, is_you: bool) -> str:
    """How a visitor is called; nothing more is known of him."""
    return f"Visitor {number} (you)" if is_you else f"Visitor {number}"


def since(seconds: float) -> str:
    """How long ago something was."""
    return "just now" if seconds < 10 else f"{units.about(seconds)} ago"


def here_for(since: float) -> str:
    """How long a visitor has been here."""
    return units.about(max(0.0, time.time() - since))


def run(number: int, found: Run) -> str:
    """A visitor's training in a line."""
    seconds = found.status.seconds if found.status else 0.0
    state = _STATES.get(found.state, found.state)
    trained = f" and has trained for {units.duration(round(seconds))}" if seconds >= 1 else ""
    return f"**{units.plain(found.name)}** of visitor {number} {state}{trained}."


def totals(limits: Hosting, visitors: int, uploads: int, memory: int) -> list[tuple[str, str, str]]:
    """What is used: label, value and the limit."""
    return [
        (VISITORS, str(visitors), OF.format(limit=limits.visitors)),
        (UPLOADS, units.data_size(uploads), OF.format(limit=units.data_size(limits.all_upload_bytes))),
        (MEMORY, units.data_size(memory), OF.format(limit=units.data_size(limits.memory_bytes))),
    ]


def training_totals(limits: Hosting, spent: float, disk: int) -> list[tuple[str, str, str]]:
    """The same of what visitors may train."""
    return [
        (
            MINUTES,
            units.duration(round(spent)) if spent >= 1 else "0 s",
            OF.format(limit=units.duration(60 * limits.train_minutes)),
        ),
        (DISK, units.data_size(disk), OF.format(limit=units.data_size(limits.train_disk_bytes))),
    ]
