"""`nnet-workbench`: opens the workbench from any folder. The same as `python -m workbench`."""

import argparse
import sys

from workbench.shared import hosting, hosting_words, sharing
from workbench.shared.places import APP


def main() -> None:
    options, more = parser().parse_known_args()
    try:
        from streamlit.web import cli
    except ModuleNotFoundError as error:
        if error.name != "streamlit":
            raise
        sys.exit('Streamlit is not installed. Install the workbench with: pip install "nnet-workbench[workbench]"')
    flags = ["--server.port", str(options.port)]
    if options.shared:
        if not sharing.is_free(options.port):
            sys.exit(hosting_words.PORT_TAKEN.format(port=options.port))
        shared = sharing.begin(options)
        print(sharing.welcome(shared), flush=True)
        flags += sharing.flags(shared, options)
    sys.exit(cli.main(["run", str(APP / "Server.py"), *flags, *more]))


def parser() -> argparse.ArgumentParser:
    """The options."""
    defaults = hosting.Hosting()
    made = argparse.ArgumentParser(
        prog="nnet-workbench",
        description="Open the workbench in the browser, with the embedded model. "
        "Further options are passed on to Streamlit, for example --server.headless true.",
    )
    made.add_argument("--port", type=int, default=8501, help="to listen on (default: %(default)s)")
    shared = made.add_argument_group(
        "a shared demo", "for a room of people, never for the open internet: docs/sharing.md"
    )
    add = shared.add_argument
    add("--shared", action="store_true", help="listen on the network, and let visitors look at models but change none")
    add("--key", metavar="KEY", help="what visitors need to get in (default: a new one, which stands in the link)")
    add("--no-key", action="store_true", help="let in everybody who is in the network")
    add("--name", metavar="HOST", help="name or address of this computer in the link (default: its address)")
    add("--visitors", type=_number, default=defaults.visitors, help="at a time, at most (default: %(default)s)")
    add("--upload-mb", type=_number, default=64, help="uploads of one visitor in MB, at most (default: %(default)s)")
    add("--all-uploads-mb", type=_number, default=1024, help="of all visitors together (default: %(default)s)")
    add("--memory-mb", type=_number, default=4096, help="memory above which nobody new gets in (default: %(default)s)")
    add("--train", action="store_true", help="let visitors train, one small model each at a time")
    minutes = defaults.train_minutes
    add("--train-minutes", type=_number, default=minutes, help="for all trainings together (default: %(default)s)")
    add("--train-mb", type=_number, default=2048, help="of disk for all trainings together (default: %(default)s)")
    return made


def _number(written: str) -> int:
    number = int(written)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{written} is not a number from 1 up")
    return number


if __name__ == "__main__":
    main()
