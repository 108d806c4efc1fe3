"""python -m nnet ablate: the paper's ablation study with one command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnet.cli.shared import assignment
from nnet.config import Config
from nnet.presets import PRESETS
from nnet.settings import differences
from nnet.studies.variants import STUDIES, VARIANTS, StudyError, base_config, select

if TYPE_CHECKING:  # these bring in torch
    from nnet.studies.cluster import Cluster
    from nnet.studies.plan import Plan
    from nnet.studies.running import Share
    from nnet.studies.store import StudyFolder

STOPPED = "nnet: stopped. The same command continues; an interrupted run continues after its last saved epoch."


HELP = "train and compare the variants of the paper's tables and figures"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--study",
        nargs="+",
        choices=[*STUDIES, "all"],
        metavar="STUDY",
        help=f"one or more of {', '.join(STUDIES)}, or all",
    )
    parser.add_argument("--data", nargs="+", metavar="PATH", help="data sets with labelled test images, as for train")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="train with the seeds 0 to N-1 (default 3)")
    parser.add_argument("--preset", choices=PRESETS, default="small", help="settings to start from (default: small)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the study (default: studies/ablations below NNET_RUNS if that is set, else below "
        "~/.local/share/nnet-workbench)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="a setting for all variants, e.g. --set train.epochs=10",
    )
    parser.add_argument("--split-seed", type=int, default=0, metavar="N", help="seed of the data sets' own splits")
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="processes on this computer, or Ray"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once; default: what the computer allows")
    parser.add_argument(
        "--address", help="address of a Ray cluster, e.g. auto or ray://HOST:10001; default: start Ray on this computer"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps; auto picks the fastest")
    parser.add_argument("--teacher-weights", type=Path, metavar="FILE", help="a local .pth or .safetensors file")
    parser.add_argument(
        "--keep",
        choices=("first", "all", "none"),
        default="first",
        help="which checkpoints to keep: those of the first seed (default), all, or none",
    )
    parser.add_argument(
        "--export", type=Path, metavar="DIR", help="afterwards, copy table, card and runs there, to pass them on"
    )
    parser.add_argument(
        "--export-models",
        nargs="+",
        default=[],
        choices=VARIANTS,
        metavar="VARIANT",
        help="with --export: variants whose kept checkpoints go along, without their memory atlas",
    )
    parser.add_argument("--any-code", action="store_true", help="also count runs of other versions of N-Net as done")
    parser.add_argument("--list", action="store_true", help="show the variants and how they differ, then exit")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would run and how long it would take, then exit"
    )


def run(options: argparse.Namespace) -> int:
    """Do what the options say; returns the exit code.

    Raises:
        nnet.errors.NNetError: anything the user can fix.
    """
    base = base_config(options.preset, dict(map(assignment, options.set)))
    studies = select(options.study or (["all"] if options.list else []))
    if options.list:
        print(listing(studies, base))
        return 0
    _check(options)
    from nnet.studies.plan import Request, make_plan, open_source
    from nnet.studies.store import StudyFolder, default_folder

    folder = StudyFolder((options.out or default_folder()).expanduser().resolve())
    sources = [open_source(spec, options.split_seed) for spec in options.data]
    request = Request(
        studies,
        sources,
        range(options.seeds),
        base,
        preset_name=options.preset,
        split_seed=options.split_seed,
        device=options.device,
        weights_file=options.teacher_weights,
        keep=options.keep,
        command=_command(options),
    )
    plan = make_plan(request, folder, any_code=options.any_code)
    if options.dry_run:
        return _show_plan(plan, folder, options)
    try:
        failed = _carry_out(plan, folder, options)
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return 130
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


def _estimate(plan: Plan, folder: StudyFolder, options: argparse.Namespace, share: Share) -> dict[str, float]:
    from nnet.studies.estimate import estimate

    print("Estimating the time from finished runs, or from a few training steps ...", flush=True)
    return estimate(plan, folder.results(), share, options.engine)


def _show_plan(plan: Plan, folder: StudyFolder, options: argparse.Namespace) -> int:
    from nnet.studies.running import share_of_this_computer
    from nnet.units import duration

    # A dry run joins no cluster: it says what this computer would do.
    share = share_of_this_computer(options.device, options.jobs)
    seconds = _estimate(plan, folder, options, share) if plan.missing else {}
    for job in plan.jobs:
        state = "done" if job.key in plan.finished else f"to run, about {duration(seconds[job.key])}"
        print(f"{job.key}  {job.name} on {job.data} ({', '.join(job.variants)}): {state}")
    print(summary_line(plan, seconds, share))
    return 0


def _carry_out(plan: Plan, folder: StudyFolder, options: argparse.Namespace) -> int:
    """Make the missing runs; returns how many failed."""
    if not plan.missing:
        print(summary_line(plan, {}, None))
        return 0
    if options.engine == "local":
        from nnet.studies.running import share_of_this_computer

        return _follow(plan, folder, options, share_of_this_computer(options.device, options.jobs), None)
    from nnet.studies.cluster import joined

    cluster = joined(options.address, options.device, options.jobs)
    try:
        return _follow(plan, folder, options, cluster.share, cluster)
    finally:
        cluster.close()


def _follow(plan: Plan, folder: StudyFolder, options: argparse.Namespace, share: Share, cluster: Cluster | None) -> int:
    """Hand the missing runs over, and show how far they are until all have ended. Ctrl-C stops them."""
    from nnet.studies import running
    from nnet.studies.following import Display

    seconds = _estimate(plan, folder, options, share)
    print(summary_line(plan, seconds, share), flush=True)
    jobs = running.prepared(plan.missing, share)
    keys = [job.key for job in jobs]
    display = Display(jobs, seconds, share.jobs)
    try:
        if cluster is None:
            running.hand_over(folder, jobs)
        for found in running.followed(folder, keys) if cluster is None else cluster.followed(folder, jobs):
            display(found)
    except KeyboardInterrupt:
        display.close()
        if cluster is None:
            print("Stopping the runs ...", file=sys.stderr, flush=True)
            running.cancel(folder, keys)
        raise
    display.close()
    for key, reason in display.failed.items():
        print(f"failed: {display.names[key]} ({key}): {reason}")
    if display.failed:
        print("The same command repeats only the failed runs.")
    return len(display.failed)


def summary_line(plan: Plan, seconds: dict[str, float], share: Share | None) -> str:
    """What there is to do, in a sentence."""
    from nnet.studies.estimate import whole_seconds
    from nnet.units import duration

    what = f"{count(len(plan.seeds), 'seed')}, {count(len(plan.sources), 'data set')}"
    counts = f"{count(len(plan.jobs), 'run')} ({what})"
    done = len(plan.jobs) - len(plan.missing)
    if share is None:
        return f"{counts}: all done."
    at_once = min(share.jobs, len(plan.missing))
    return (
        f"{counts}: {done} done, {len(plan.missing)} to run, {at_once} at once, "
        f"{count(share.threads, 'thread')} each: about {duration(whole_seconds(seconds, at_once))}."
    )


def count(number: int, noun: str) -> str:
    """ "1 seed", "3 seeds"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _command(options: argparse.Namespace) -> str:
    from nnet.studies.plan import command

    return command(options.study, options.data, options.seeds, options.preset, options.set, options.split_seed)


def _show_results(plan: Plan, folder: StudyFolder, command: str) -> None:
    from nnet.studies.plan import table
    from nnet.studies.running import write_tables
    from nnet.studies.summary import averaged, groups, rows_of, text

    folder.make()
    rows, paths = table(folder), write_tables(folder, command)
    hashes = {source.sha256 for source in plan.sources}
    shown = [*(row for row in rows if row["data_sha256"] in hashes), *averaged(rows, hashes)]
    for group in groups(shown):
        for study in plan.studies:
            own = [row for row in rows_of(shown, group) if row["study"] == study.name]
            if own:
                print(f"\n{group.title}\n{text(own, study)}")
    print(f"\n{count(len(rows), 'row')} in {', '.join(str(path) for path in paths)}")
    for problem in folder.problems():
        print(problem, file=sys.stderr)


def _word(value: Any) -> str:
    """A setting as --set takes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
