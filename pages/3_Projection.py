"""What Streamlit runs for the Projection page."""

from workbench.shared import first_look

first_look.show("3_Projection")

from workbench.projection import page  # noqa: E402

page.main()
