"""What Streamlit runs for the Inspect page."""

from workbench.shared import first_look

first_look.show("1_Inspect")

from workbench.inspect import page  # noqa: E402

page.main()
