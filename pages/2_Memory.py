"""What Streamlit runs for the Memory page."""

from workbench.memory import page

page.main()
