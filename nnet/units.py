"""How the command line and the workbench write a length of time."""


def duration(seconds: float) -> str:
    """A length of time at a sensible precision: 40 s, 12 min, 2 h, 3 h 5 min, 3 days."""
    if seconds < 90:
        return f"{max(1, round(seconds)):d} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes:d} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours:d} h {rest:d} min" if rest else f"{hours:d} h"
    return f"{round(seconds / 86400):d} days"
