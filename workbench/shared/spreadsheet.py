"""Tables to download that a spreadsheet reads rightly; see `nnet.saved.spreadsheet`."""

import pandas as pd

from nnet.saved.spreadsheet import ENCODING, harmless


def csv(table: pd.DataFrame) -> bytes:
    """A table without its index as a CSV file."""
    text: str = table.map(harmless).to_csv(index=False)
    return text.encode(ENCODING, "surrogateescape")
