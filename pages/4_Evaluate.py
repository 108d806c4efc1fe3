"""What Streamlit runs for the Evaluate page."""

from workbench.evaluate import page

page.main()
