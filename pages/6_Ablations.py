"""What Streamlit runs for the Ablations page."""

from workbench.shared import first_look

first_look.show("6_Ablations")

from workbench.ablations import page  # noqa: E402

page.main()
