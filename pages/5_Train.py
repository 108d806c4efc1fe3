"""What Streamlit runs for the Train page."""

from workbench.shared import first_look

first_look.show("5_Train")

from workbench.train import page  # noqa: E402

page.main()
