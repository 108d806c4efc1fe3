"""Keeps the garbage collector away from what lives as long as the server does."""

import gc
import sys
import threading

GROWTH = 100
"""So many more modules are worth another round."""

_known = 0
_turn = threading.Lock()


def spare_packages() -> None:
    """Take all objects that exist now out of the collector's rounds, if packages were imported since the last time.

    Streamlit collects garbage after every rerun, a polling fragment's too. The packages bring some 300,000 objects that
    never become garbage, and looking at each of them takes a core 0.2 to 0.3 s: more than most reruns, and more than a
    training run on the same machine can spare. What is made later is collected as before; what a visit holds at this
    moment and drops later is freed by its reference count, but for cycles, and a process does this a few times only.
    """
    global _known
    with _turn:
        if len(sys.modules) - _known < GROWTH:
            return
        _known = len(sys.modules)
        gc.collect()  # else today's garbage would be kept for ever
        gc.freeze()
