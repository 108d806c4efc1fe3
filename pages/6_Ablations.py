"""What Streamlit runs for the Ablations page."""

from workbench.ablations import page

page.main()
