"""What Streamlit runs for the host's page of a shared demo."""

from workbench.shared import first_look

first_look.show("10_Host")

from workbench.host import page  # noqa: E402

page.main()
