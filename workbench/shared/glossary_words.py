"""The glossary: at most 25 terms, with the paper's symbol. Knows no Streamlit."""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "Glossary"


@dataclass(frozen=True)
class Term:
    """A term: the paper's `symbol` ("" for none) and what it `means` in a sentence or two."""

    symbol: str
    means: str


TERMS: dict[str, Term] = {
    "teacher": Term(
        "T", "A network trained on a million everyday photos. It never changes, and describes every patch."
    ),
    "S1": Term(
        "S1", "The copier, the forward student. It sees the picture and learned to describe good parts as T does."
    ),
    "S2": Term("S2", "The rebuilder, the reverse student. It rebuilds T's description from the narrow code alone."),
    "features": Term(
        "F, SF, D", "The numbers that describe each patch: F are the teacher's, SF S1's, and D those that S2 rebuilt."
    ),
    "scale": Term("1, 2, 3", "How finely the picture is divided: 1 is fine, 2 middle and 3 coarse."),
    "cell": Term("", "A patch at one scale; its features are one column of numbers."),
    "memory": Term(
        "M, NFS", "A store of descriptions of good patches. It answers each coarse patch with the ones most like it."
    ),
    "item": Term("m", "One description in the memory."),
    "recalled features": Term("F\N{PRIME}3", "The memory's answer: the coarse features, made of good patches only."),
    "sparse addressing": Term(
        "w\N{CIRCUMFLEX ACCENT}", "Each patch mixes only the few items most like it; small weights are cut to zero."
    ),
    "projection": Term(
        "FPM, P, SP", "Gates for each row and column that damp what does not matter before T and S1 are compared."
    ),
    "code": Term("F_C", "All scales fused and squeezed by FFC. S2 sees nothing else."),
    "fusion": Term("FFC", "The part that fuses the three scales and compresses them into the code."),
    "maps": Term("M1 to M6", "Where teacher and student differ: M1 to M3 are S2's, M4 to M6 S1's, two for each scale."),
    "cosine distance": Term(
        "1 \N{MINUS SIGN} cos", "How far two descriptions point apart: 0 in the same direction, 2 in opposite ones."
    ),
    "score": Term(
        "Score_p, Score_l",
        "Maps added within a scale and multiplied across. Score_l, the picture's, is the largest value.",
    ),
    "threshold": Term(
        "", "The score that most of the held-out good pictures do not exceed; above it a picture is anomalous."
    ),
    "held-out pictures": Term("", "Good pictures that training did not see. They set the threshold."),
    "over-imitation": Term("", "S1 copies the teacher even on defects, so that the two agree where they should not."),
    "shortcut": Term("", "S2 rebuilds a defect because the code still carries it, so that it stays dark."),
    "L_RKD": Term("L_RKD", "What S2 is trained by: the cosine distance between F and D, at all scales."),
    "L_KD": Term(
        "\N{GREEK SMALL LETTER ALPHA} L_KD",
        "What S1 is trained by: the distance between P and SP, weighted by \N{GREEK SMALL LETTER ALPHA}.",
    ),
    "L_align": Term(
        "\N{GREEK SMALL LETTER BETA} L_align",
        "The distance between SF and P; \N{GREEK SMALL LETTER BETA} is 1 in the first epochs, then 0.",
    ),
    "L_query": Term(
        "\N{GREEK SMALL LETTER DELTA} L_query",
        "The entropy of the addressing, weighted by \N{GREEK SMALL LETTER DELTA}: small when each patch chooses "
        "few items.",
    ),
    "AUROC": Term(
        "", "The chance that a defective picture scores higher than a good one. I- is of pictures, P- of pixels."
    ),
}
