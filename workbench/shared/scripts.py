"""What every page does in the browser beside Streamlit; each script runs once for the whole visit."""

import json
from pathlib import Path

from workbench.shared import words

NAMES = ("terms.js", "sending.js", "back.js", "tab.js")
_WORDS = f"window.nnWords = {json.dumps({'lost': words.UPLOAD_LOST, 'gone': words.UPLOADS_GONE})};\n"
TEXT = _WORDS + "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in NAMES)
