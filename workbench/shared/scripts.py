"""What every page does in the browser beside Streamlit; each script runs once for the whole visit."""

from pathlib import Path

NAMES = ("terms.js", "back.js")
TEXT = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in NAMES)
