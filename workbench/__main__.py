"""`nnet-workbench`: opens the workbench from any folder. The same as `python -m workbench`."""

from __future__ import annotations

import argparse
import sys

from workbench.shared.places import APP


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="nnet-workbench",
        description="Open the workbench in the browser, with the embedded model. "
        "Further options are passed on to Streamlit, for example --server.headless true.",
    )
    parser.add_argument("--port", type=int, default=8501, help="to listen on (default: %(default)s)")
    options, more = parser.parse_known_args()
    try:
        from streamlit.web import cli
    except ModuleNotFoundError as error:
        if error.name != "streamlit":
            raise
        sys.exit('Streamlit is not installed. Install the workbench with: pip install "nnet-workbench[workbench]"')
    sys.exit(cli.main(["run", str(APP / "Workbench.py"), "--server.port", str(options.port), *more]))


if __name__ == "__main__":
    main()
