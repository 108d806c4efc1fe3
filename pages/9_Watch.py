"""What Streamlit runs for the Watch page."""

from workbench.shared import first_look

first_look.show("9_Watch")

from workbench.watch import page  # noqa: E402

page.main()
