"""python -m nnet ablate: the paper's ablation study with one command."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnet.cli.shared import assignment
from nnet.config import PRESETS, Config
from nnet.saved.storage import write_text
from nnet.studies.variants import STUDIES, VARIANTS, StudyError, base_config, differences, select

OUT = Path("out/ablations")
LOCK_SECONDS = 10.0


HELP = "train and compare the variants of the paper's tables and figures"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--study",
        nargs="+",
        choices=[*STUDIES, "all"],
        metavar="STUDY",
        help=f"one or more of {', '.join(STUDIES)}, or all",
    )
    parser.add_argument("--data", nargs="+", metavar="PATH", help="data sets with labelled test images, as for train")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="train with the seeds 0 to N-1 (default 3)")
    parser.add_argument("--preset", choices=PRESETS, default="small")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"folder of the study (default {OUT})")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="a setting for all variants, e.g. --set train.epochs=10",
    )
    parser.add_argument("--split-seed", type=int, default=0, metavar="N", help="seed of the data sets' own splits")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="processes here, or Ray")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once; default: what the machine allows")
    parser.add_argument("--address", help="of a Ray cluster, e.g. auto or ray://HOST:10001; default: start Ray here")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    parser.add_argument("--teacher-weights", type=Path, metavar="FILE", help="a local .pth or .safetensors file")
    parser.add_argument(
        "--keep",
        choices=("first", "all", "none"),
        default="first",
        help="which checkpoints stay: those of the first seed (default), all, or none",
    )
    parser.add_argument("--export", type=Path, metavar="DIR", help="then copy table, card and runs there, to pass on")
    parser.add_argument(
        "--export-models",
        nargs="+",
        default=[],
        choices=VARIANTS,
        metavar="VARIANT",
        help="with --export: variants whose kept checkpoints go along, without their memory atlas",
    )
    parser.add_argument("--any-code", action="store_true", help="count runs of other versions as done")
    parser.add_argument("--list", action="store_true", help="show the variants and how they differ, and stop")
    parser.add_argument("--dry-run", action="store_true", help="show what would run and how long it takes, and stop")


def run(options: argparse.Namespace) -> int:
    """Do what the options say; returns the exit code.

    Raises:
        nnet.errors.NNetError: anything that the user can fix.
    """
    base = base_config(options.preset, dict(map(assignment, options.set)))
    studies = select(options.study or (["all"] if options.list else []))
    if options.list:
        print(listing(studies, base))
        return 0
    _check(options)
    from nnet.studies.plan import make_plan, open_source
    from nnet.studies.store import StudyFolder

    folder = StudyFolder(options.out.expanduser().resolve())
    sources = [open_source(spec, options.split_seed) for spec in options.data]
    plan = make_plan(
        studies,
        sources,
        range(options.seeds),
        base,
        folder,
        preset_name=options.preset,
        split_seed=options.split_seed,
        device=options.device,
        weights_file=options.teacher_weights,
        keep=options.keep,
        any_code=options.any_code,
    )
    if options.dry_run:
        return _show_plan(plan, folder, options)
    failed = _carry_out(plan, folder, options)
    _show_results(plan, folder, _command(options))
    if options.export:
        from nnet.studies.export import export

        for path in export(folder, options.export, options.export_models):
            print(f"Light checkpoint in {path}")
    return 1 if failed else 0


def listing(studies: Iterable[Any], base: Config) -> str:
    """The variants of some studies, each with its rows, its maps and how it differs from the full network."""
    names = dict.fromkeys(row.variant for study in studies for row in study.rows)
    full = VARIANTS["nnet"].config(base)
    twins: dict[Config, str] = {}
    lines = []
    for variant in (VARIANTS[name] for name in names):
        config = variant.config(base)
        twin = twins.setdefault(config, variant.name)
        changed = ", ".join(f"{path}={_word(value)}" for path, (value, _) in differences(config, full).items())
        rows = "; ".join(f"{study}: {', '.join(labels)}" for study, labels in variant.labels().items())
        same = f"\n    the same run as {twin}" if twin != variant.name else ""
        note = f"\n    note: {variant.note}" if variant.note else ""
        lines.append(
            f"{variant.name}\n    {variant.title}\n    differs from the full network in: {changed or 'nothing'}"
            f"\n    maps: {' '.join(variant.maps)}; score: {variant.expressions(base)[0]}\n    rows: {rows}{same}{note}"
        )
    runs = f"{count(len(twins), 'training run')} for each seed and data set."
    return "\n".join([*lines, f"{count(len(names), 'variant')}, {runs}"])


def _check(options: argparse.Namespace) -> None:
    if not options.study or not options.data:
        raise StudyError("Name a study and data, for example: --study table5 --data elpv:mono. --list shows them all.")
    for name, least in (("seeds", 1), ("jobs", 1), ("split_seed", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise StudyError(f"--{name.replace('_', '-')}: expected {least} or more, found {value}.")
    if options.address and options.engine != "ray":
        raise StudyError("--address names a Ray cluster; add --engine ray, or leave it out.")
    if options.export_models and not options.export:
        raise StudyError("--export-models says what goes along with --export DIR; give a folder, or leave it out.")


def _engine(options: argparse.Namespace) -> Any:
    from nnet.studies.cluster import ray_engine
    from nnet.studies.engines import local_engine

    if options.engine == "ray":
        return ray_engine(options.address, options.device, options.jobs)
    return local_engine(options.device, options.jobs)


def _estimate(plan: Any, folder: Any, options: argparse.Namespace, threads: int) -> dict[str, float]:
    from nnet.studies.estimate import estimate, measure_costs

    print("Estimating: a few steps of each kind of network that no finished run tells the time of ...", flush=True)
    return estimate(
        plan,
        folder.results(),
        options.engine,
        threads,
        lambda config, threads, masks: measure_costs(config, threads, masks, options.device, options.teacher_weights),
    )


def _show_plan(plan: Any, folder: Any, options: argparse.Namespace) -> int:
    from nnet.studies.engines import local_engine
    from nnet.units import duration

    # A dry run joins no cluster: it says what this machine would do.
    engine = local_engine(options.device, options.jobs)
    seconds = _estimate(plan, folder, options, engine.threads) if plan.missing else {}
    for job in plan.jobs:
        state = "done" if job.key in plan.finished else f"to run, about {duration(seconds[job.key])}"
        print(f"{job.key}  {job.name} on {job.data} ({', '.join(job.variants)}): {state}")
    print(summary_line(plan, seconds, engine.jobs, engine.threads))
    return 0


def _carry_out(plan: Any, folder: Any, options: argparse.Namespace) -> dict[str, str]:
    """Make the missing runs; returns key -> reason of those that failed."""
    from nnet.runs.locks import FileLock
    from nnet.studies.plan import prepared, table
    from nnet.studies.progress import Display

    folder.make()
    lock = FileLock(folder.lock)
    if not lock.take(LOCK_SECONDS):
        raise StudyError(f"Another study is running in {folder.root}. Wait for it, or give another --out.")
    try:
        folder.write_tables(table(plan, folder))
        if not plan.missing:
            print(summary_line(plan, {}, 1, 1))
            return {}
        engine = _engine(options)
        try:
            seconds = _estimate(plan, folder, options, engine.threads)
            print(summary_line(plan, seconds, engine.jobs, engine.threads), flush=True)
            display = Display(plan.missing, seconds, engine.jobs)

            def tell(event: Any) -> None:
                display(event)
                if event.kind == "done":
                    folder.write_tables(table(plan, folder))

            jobs = prepared(plan, engine=engine.name, jobs=min(engine.jobs, len(plan.missing)), threads=engine.threads)
            try:
                engine.run(jobs, folder, lock, tell)
            finally:
                display.close()
        finally:
            engine.close()
    finally:
        lock.release()
    for key, reason in display.failed.items():
        print(f"failed: {display.jobs[key].name} ({key}): {reason}")
    if display.failed:
        print("The same command makes the failed runs again, and nothing else.")
    return display.failed


def summary_line(plan: Any, seconds: dict[str, float], at_once: int, threads: int) -> str:
    """What there is to do, in a sentence."""
    from nnet.units import duration

    what = f"{count(len(plan.seeds), 'seed')}, {count(len(plan.sources), 'data set')}"
    counts = f"{count(len(plan.jobs), 'run')} ({what})"
    done = len(plan.jobs) - len(plan.missing)
    if not plan.missing:
        return f"{counts}: all done."
    at_once = min(at_once, len(plan.missing))
    total = max(sum(seconds.values()) / at_once, max(seconds.values()))
    return (
        f"{counts}: {done} done, {len(plan.missing)} to make, {at_once} at once, {count(threads, 'thread')} each: "
        f"about {duration(total)}."
    )


def count(number: int, noun: str) -> str:
    """ "1 seed", "3 seeds"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _command(options: argparse.Namespace) -> str:
    """The command as one would type it, for the card; only what decides the results."""
    from nnet.studies.plan import NAMED_DATA

    # A folder goes by its name: where it lies on this machine says nothing to others.
    data = [spec if spec.partition(":")[0] in NAMED_DATA else Path(spec).name for spec in options.data]
    words = ["python -m nnet ablate --study", *options.study, "--data", *map(shlex.quote, data)]
    words += ["--seeds", str(options.seeds), "--preset", options.preset]
    words += [word for setting in options.set for word in ("--set", shlex.quote(setting))]
    return " ".join([*words, *(["--split-seed", str(options.split_seed)] if options.split_seed else [])])


def _show_results(plan: Any, folder: Any, command: str) -> None:
    from nnet.studies.card import write_card
    from nnet.studies.plan import table
    from nnet.studies.store import CARD
    from nnet.studies.summary import averaged, groups, rows_of, text

    rows = table(plan, folder)
    paths = [*folder.write_tables(rows), folder.root / CARD]
    write_text(paths[-1], write_card(folder.root.name, rows, command))
    hashes = {source.sha256 for source in plan.sources}
    shown = [*(row for row in rows if row["data_sha256"] in hashes), *averaged(rows, hashes)]
    for group in groups(shown):
        for study in plan.studies:
            own = [row for row in rows_of(shown, group) if row["study"] == study.name]
            if own:
                print(f"\n{group.title}\n{text(own, study)}")
    print(f"\n{count(len(rows), 'row')} in {', '.join(str(path) for path in paths)}")


def _word(value: Any) -> str:
    """A setting as --set takes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
