"""What Streamlit runs for the Projection page."""

from workbench.projection import page

page.main()
