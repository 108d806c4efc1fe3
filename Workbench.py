"""The workbench's home page, and what `streamlit run` starts. The other pages are in pages/."""

from workbench.home import page

page.main()
