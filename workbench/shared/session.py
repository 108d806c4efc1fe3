"""What the browser says of itself."""

import streamlit as st


def on_touch_screen() -> bool:
    """Whether the browser says it runs on a phone or tablet, where a drag should scroll the page."""
    agent = st.context.headers.get("User-Agent", "") if st.context.headers else ""
    return any(word in agent for word in ("Mobi", "Android", "iPhone", "iPad"))
