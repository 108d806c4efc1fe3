"""What Streamlit runs for the How it works page."""

from workbench.shared import first_look

first_look.show("7_How_it_works")

from workbench.how_it_works import page  # noqa: E402

page.main()
