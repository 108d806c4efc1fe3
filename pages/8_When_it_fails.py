"""What Streamlit runs for the When it fails page."""

from workbench.shared import first_look

first_look.show("8_When_it_fails")

from workbench.when_it_fails import page  # noqa: E402

page.main()
