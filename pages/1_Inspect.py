"""What Streamlit runs for the Inspect page."""

from workbench.inspect import page

page.main()
