"""What Streamlit runs for the Evaluate page."""

from workbench.shared import first_look

first_look.show("4_Evaluate")

from workbench.evaluate import page  # noqa: E402

page.main()
