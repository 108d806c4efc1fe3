"""The border to files that somebody else may have made: one declared format for each, and one way to read them.

A format (`Document`, `Lines`, `Text`, `Arrays`) is declared once, beside the code that writes the file. It says what
stands in the file, how large it may be, and what to do about a damaged one. Reading checks the kind of the file and its
size before anything is read, then types, ranges, finite numbers and depth, and raises the format's own error in one
sentence: which file, what was expected, what was found, what to do. docs/formats.md is made from the declarations
(docs/make_formats.py), and tests/hostile/ tries all of them.
"""

from nnet.formats.arrays import Array, Arrays
from nnet.formats.documents import Document, Lines
from nnet.formats.files import GIB, KIB, KNOWN, MIB, FileFormat, Text, is_plain, not_plain, open_plain
from nnet.formats.types import Count, Moment, Name, NotNegative, Number, Sentence, Sha256, Share, Whole, Words

__all__ = [
    "GIB",
    "KIB",
    "KNOWN",
    "MIB",
    "Array",
    "Arrays",
    "Count",
    "Document",
    "FileFormat",
    "Lines",
    "Moment",
    "Name",
    "NotNegative",
    "Number",
    "Sentence",
    "Sha256",
    "Share",
    "Text",
    "Whole",
    "Words",
    "is_plain",
    "not_plain",
    "open_plain",
]
