"""Deliberate faults, and whether the tests find them: `python tests/mutants.py [part of a fault's name]`.

Each fault is put into a copy of the tree, in which only the tests that should find it are run, as far as they are in
`make test`. The program ends with code 1 if one is not found, or if the text it replaces is no longer there;
tests/unit/test_mutants.py looks for the latter whenever tests are run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2
LEFT_OUT = (".git", ".venv", ".venv.*", "__pycache__", ".*_cache")


@dataclass(frozen=True)
class Fault:
    """`before` becomes `after` in `file`; `tests` are what pytest is given."""

    name: str
    file: str
    before: str
    after: str
    tests: str


FAULTS = [
    Fault(
        "the sign of the cosine distance",
        "nnet/model/distance.py",
        "return 1 - f",
        "return 1 + f",
        "unit/test_losses.py",
    ),
    Fault(
        "the alignment loss without beta",
        "nnet/training/losses.py",
        "return beta * distillation",
        "return distillation",
        "unit/test_losses.py",
    ),
    Fault(
        "alpha on the wrong term",
        "nnet/training/losses.py",
        '"L_RKD": 1.0, "L_KD": config.alpha',
        '"L_RKD": config.alpha, "L_KD": 1.0',
        "unit/test_losses.py",
    ),
    Fault(
        "the projected features compared with the wrong student's",
        "nnet/training/losses.py",
        "distillation(_target(out, moves_teacher), out.SP, distance)",
        "distillation(out.F, out.SF, distance)",
        "unit/test_losses.py",
    ),
    Fault(
        "a temperature that multiplies",
        "nnet/model/nfs.py",
        "logits = cosine / temperature",
        "logits = cosine * temperature",
        "unit/test_nfs.py",
    ),
    Fault(
        "shrinkage in units of 1",
        "nnet/model/nfs.py",
        "shrink(raw, shrinkage / cosine.shape[-1])",
        "shrink(raw, shrinkage)",
        "unit/test_nfs.py",
    ),
    Fault(
        "the threshold belongs to the region",
        "nnet/scoring/regions.py",
        "ndimage.label(score > threshold",
        "ndimage.label(score >= threshold",
        "unit/test_regions.py",
    ),
    Fault(
        "regions by the lowest peak",
        "nnet/scoring/regions.py",
        "key=lambda region: region.peak, reverse=True",
        "key=lambda region: region.peak",
        "unit/test_regions.py",
    ),
    Fault(
        "a p-value that can be 0",
        "nnet/scoring/calibration.py",
        "return (1 + self.n - float",
        "return (self.n - float",
        "unit/test_detector.py -k p_value",
    ),
    Fault(
        "F1 without its factor",
        "nnet/scoring/metrics/areas.py",
        "f1 = 2 * self.found",
        "f1 = self.found",
        "unit/test_metrics.py",
    ),
    Fault(
        "false positive rate per positive",
        "nnet/scoring/metrics/areas.py",
        "RocCurve(false / self.negatives",
        "RocCurve(false / self.positives",
        "unit/test_metrics.py",
    ),
    Fault(
        "warm-up one step late",
        "nnet/training/schedule.py",
        "config.learning_rate * (step + 1) / warm_up",
        "config.learning_rate * step / warm_up",
        "processes/test_training.py -k cosine_schedule",
    ),
    Fault(
        "held-out images are trained on",
        "nnet/training/schedule.py",
        "return np.sort(order[held:]), np.sort(order[:held])",
        "return np.sort(order), np.sort(order[:held])",
        "processes/test_training.py",
    ),
    Fault(
        "a resume that forgets an epoch",
        "nnet/training/state.py",
        'return int(notes["epoch"])',
        'return int(notes["epoch"]) - 1',
        "processes/test_training.py -k resumes",
    ),
    Fault(
        "a history that is not cut on resume",
        "nnet/training/loop.py",
        "truncate_history(self.job.out, self.first_epoch)",
        "pass",
        "processes/test_training.py -k killed_process",
    ),
    Fault(
        "a lock that is shared",
        "nnet/runs/locks.py",
        "fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        "processes/test_runs.py -k one_at_a_time",
    ),
    Fault(
        "a cache that drops the newest",
        "workbench/shared/cache.py",
        "popitem(last=False)",
        "popitem(last=True)",
        "unit/test_cache.py",
    ),
    Fault(
        "a cache in which two threads make one value",
        "workbench/shared/cache.py",
        "            with turn:\n                yield",
        "            yield",
        "unit/test_cache.py",
    ),
    Fault(
        "Markdown not escaped",
        "workbench/shared/units.py",
        'f"\\\\{c}" if c in _MARKDOWN else c for c',
        "c for c",
        "pages/test_app.py -k markdown",
    ),
    Fault(
        "a setting that is not kept",
        "workbench/shared/settings.py",
        "        kept[self.key] = value\n",
        "",
        "pages/test_app.py -k survives",
    ),
    Fault(
        "a number beyond its limit",
        "workbench/shared/settings.py",
        "if not low <= int(written) <= high:",
        "if not low <= int(written):",
        "unit/test_settings.py pages/test_app.py -k 'nonsense or whole or number'",
    ),
    Fault(
        "the address keeps a default",
        "workbench/shared/settings.py",
        "if value == start or not within_bounds(link):",
        "if not within_bounds(link):",
        "pages/test_app.py -k address",
    ),
    Fault(
        "a light pass on all threads",
        "nnet/device.py",
        'if device.type != "cpu" or work > LIGHT or before == 1:',
        'if device.type != "cpu" or work < LIGHT or before == 1:',
        "unit/test_detector.py -k thread",
    ),
    Fault(
        "one thread for whatever comes after a light pass",
        "nnet/device.py",
        "    finally:\n        torch.set_num_threads(before)",
        "    finally:\n        pass",
        "unit/test_detector.py -k thread",
    ),
    Fault(
        "a slot without the name of its run",
        "nnet/runs/holders.py",
        '"run": str(run), ',
        "",
        "processes/test_runs_estimate.py -k holds",
    ),
    Fault(
        "a process that has ended holds a slot",
        "nnet/runs/holders.py",
        'pid if processes.is_alive(pid, noted.get("started", "")) else 0',
        "pid",
        "processes/test_runs_estimate.py -k holds",
    ),
    Fault(
        "of several thresholds with the best F1 the lowest",
        "nnet/scoring/metrics/areas.py",
        "i = int(f1.argmax())",
        "i = len(f1) - 1 - int(f1[::-1].argmax())",
        "unit/test_operating_point.py unit/test_metrics.py",
    ),
    Fault(
        "a comment taken for the end of a picture",
        "nnet/data/jpeg.py",
        'place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")',
        "place = found.end()",
        "hostile/test_pictures_of_others.py -k scans",
    ),
    Fault(
        "a picture of any format that Pillow knows",
        "nnet/data/images.py",
        "image = Image.open(path, formats=_FORMATS)",
        "image = Image.open(path)",
        "hostile/test_pictures_of_others.py -k program",
    ),
    Fault(
        "a journal whose pictures are computed",
        "nnet/watch/journal.py",
        "WHERE ifnull(rootpage, 0) = 0",
        "WHERE ifnull(rootpage, 0) < 0",
        "hostile/test_saved_folders.py",
    ),
    Fault(
        "a threshold beyond what can be read again",
        "nnet/saved/kept_thresholds.py",
        "if not 0 < chosen.threshold <= MOST_THRESHOLD:",
        "if not 0 < chosen.threshold:",
        "unit/test_threshold.py",
    ),
    Fault(
        "whatever a browser reports is taken over",
        "workbench/components/base.py",
        "said = msgspec.convert(sent, kind)",
        "said = sent",
        "hostile/test_messages.py",
    ),
    Fault(
        "the drawing leads to any page",
        "workbench/components/network/__init__.py",
        "if page in {card.page for card in network.cards.values() if card.page}:",
        "if page:",
        "hostile/test_messages.py",
    ),
    Fault(
        "a damage that S1 copies is told as one that it leaves",
        "nnet/analysis/students.py",
        "return (possible - own)",
        "return (own - unharmed)",
        "unit/test_story.py -k copies",
    ),
    Fault(
        "an expression of one branch where each variant has its own",
        "workbench/ablations/variants/candidates.py",
        "if score == OWN:",
        "if score != OWN:",
        "pages/test_variant_grid.py",
    ),
    Fault(
        "a drawn threshold with the interval of one from elsewhere",
        "nnet/scoring/promise.py",
        "if drawn and above < n:",
        "if not drawn and above < n:",
        "unit/test_threshold.py -k interval",
    ),
    Fault(
        "a promise that chance breaks",
        "nnet/scoring/promise.py",
        "share_interval(flagged, good)[0] > self.high",
        "share_interval(flagged, good)[1] > self.high",
        "unit/test_threshold_words.py -k promised",
    ),
    Fault(
        "an interval of a share that holds nine of ten",
        "nnet/scoring/metrics/bootstrap.py",
        "tail = (1 - CERTAINTY) / 2\n    low = float(betaincinv(part,",
        "tail = 1 - CERTAINTY\n    low = float(betaincinv(part,",
        "unit/test_bootstrap.py -k shares",
    ),
    Fault(
        "a resumed run that still ends early",
        "nnet/runs/finishing.py",
        "elif not (path / CONFIG).exists():",
        "elif False:",
        "unit/test_ending_early.py -k wish",
    ),
    Fault(
        "what has learnt nothing ends early",
        "nnet/runs/finishing.py",
        "if not _has_learnt(path, state):",
        "if False:",
        "processes/test_runs.py -k learnt_nothing",
    ),
    Fault(
        "a stranger need only lie farther than the others",
        "nnet/scoring/kind.py",
        "limit = max(STRANGE * rest.farthest, FLOOR)",
        "limit = max(rest.farthest, FLOOR)",
        "unit/test_strangers.py -k twice",
    ),
    Fault(
        "a number that is none agrees",
        "nnet/export/checking.py",
        "if found.shape != wanted.shape or not np.isfinite(found).all():",
        "if found.shape != wanted.shape:",
        "processes/test_export.py -k difference",
    ),
    Fault(
        "an export that decides otherwise",
        "nnet/export/checking.py",
        "if check.score <= LIMIT and not check.decisions:",
        "if check.score <= LIMIT:",
        "processes/test_export.py -k otherwise",
    ),
    Fault(
        "the tab of another browser gets what was kept",
        "workbench/shared/visits.py",
        "if one.visit is own.visit or not hosting.is_shared()",
        "if True",
        "pages/test_shared_demo.py -k reload",
    ),
    Fault(
        "uploads on their way are not counted",
        "workbench/shared/doorman.py",
        "_held() + self._arriving + size",
        "_held() + size",
        "unit/test_hosting.py -k upload",
    ),
]


def found(fault: Fault) -> bool:
    """Whether the tests fail with the fault."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(ROOT, Path(folder) / "tree", ignore=shutil.ignore_patterns(*LEFT_OUT)))
        text = (copy / fault.file).read_text(encoding="utf-8")
        if text.count(fault.before) != 1:
            print(f"{fault.name}: the text is not once in {fault.file}", flush=True)
            return False
        (copy / fault.file).write_text(text.replace(fault.before, fault.after), encoding="utf-8")
        where, _, chosen = fault.tests.partition(" -k ")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not long and not slow"]
        command += [f"tests/{path}" for path in where.split()]
        command += ["-k", chosen.strip("'")] if chosen else []
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(copy)}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    # 1: tests failed. Anything else, such as no test of that name, shows nothing.
    print(f"{'found' if done.returncode == 1 else 'NOT FOUND'}: {fault.name} ({fault.tests})", flush=True)
    return done.returncode == 1


def main(part: str = "") -> int:
    """Try the faults whose names contain `part`; returns the exit code."""
    chosen = [fault for fault in FAULTS if part in fault.name]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(found, chosen))
    print(f"{sum(results)} of {len(chosen)} faults found")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
