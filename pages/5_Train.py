"""What Streamlit runs for the Train page."""

from workbench.train import page

page.main()
