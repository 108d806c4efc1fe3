"""Training runs that survive: separate processes, all of whose state lies on disk.

A run is a directory under a folder of runs. It has the checkpoint's files (`nnet.saved.checkpoint`), and these:

run.json         what is to be trained: name, data, settings, device, creation date; written by `Runs`, never by the run
queued.json      {"ticket": n}: waits for its turn; lower tickets first. Removed when the trainer starts
lock             held (flock) by the trainer as long as it lives, however it dies; this alone says "alive"
status.json      written by the trainer only: phase, done, total, epoch, losses, time left, heartbeat; about each second
stop.json        somebody asks the run to stop
finish.json      somebody asks it to end early, with what it has learnt (`nnet.runs.finishing`)
log.txt          what the trainer printed
history.jsonl    one line per finished epoch
resume.safetensors  weights and optimiser after an epoch, while the run is unfinished (`nnet.training.state`)
images.json      the images that the run started with, see `nnet.runs.members`
film/            the training film, see `nnet.runs.film`
data/            uploaded images that the run is trained on
exit.json        how the last attempt ended: exit code and reason; the first who writes it wins

The state of a run follows from these files and from the lock, never from a clock:

queued     queued.json is there
running    the lock is held; or the trainer is dead, and the supervisor that started it is about to say how it ended
stopping   the lock is held, and stop.json is there
done       exit.json has code 0
cancelled  exit.json has code CANCELLED
failed     exit.json has any other code (negative: killed by that signal)
lost       the lock was held and is free, without exit.json, and that supervisor is gone, too (a power cut, for example)
created    none of these: it was made but never started
unreadable run.json is damaged or from another version of N-Net; nothing is done with such a run

Starting puts a run in the queue. A small separate process, the supervisor (`nnet.runs.supervisor`), starts what waits
when the device has room, and ends when nothing is left. It and the trainers outlive the program that asked. Everything
here is safe to call from several processes at once. It needs POSIX file locks: on Windows `Runs` raises RunError (use
WSL), `python -m nnet train` works there.

The trainings of a study (`nnet.studies`) are runs like any other, in the study's own folder. They have neither film nor
images.json, since a study checks the hash of its data.
"""

from nnet.runs.estimate import Estimate, estimate
from nnet.runs.film import Film, Frame, Probe
from nnet.runs.layout import CANCELLED, LIVE, Exit, RunError, RunSpec, Status
from nnet.runs.run import Run, is_usable, usable_checkpoints
from nnet.runs.store import Runs

__all__ = [
    "CANCELLED",
    "LIVE",
    "Estimate",
    "Exit",
    "Film",
    "Frame",
    "Probe",
    "Run",
    "RunError",
    "RunSpec",
    "Runs",
    "Status",
    "estimate",
    "is_usable",
    "usable_checkpoints",
]
