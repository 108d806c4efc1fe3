"""What `streamlit run` starts: the navigation, and the home page. The other pages are in pages/."""

from workbench.shared import first_look, navigation


def home() -> None:
    first_look.show("")
    from workbench.home import page

    page.main()


navigation.run(home)
