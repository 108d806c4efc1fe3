"""What Streamlit runs for the Memory page."""

from workbench.shared import first_look

first_look.show("2_Memory")

from workbench.memory import page  # noqa: E402

page.main()
