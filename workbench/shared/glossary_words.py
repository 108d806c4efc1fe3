"""The glossary: at most 25 terms, with the paper's symbol. Knows no Streamlit."""

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
    "S₁": Term(
        "",
        "The copier, the forward student. It sees the picture and learned to describe good parts as T does. With S₂ it "
        "is BD, bidirectional distillation, in the paper's tables.",
    ),
    "S₂": Term(
        "",
        "The rebuilder, the reverse student. It rebuilds T's description from the narrow code alone. Without the other "
        "parts it is RD, reverse distillation (Deng and Li, 2022), the baseline in the paper's tables.",
    ),
    "features": Term(
        "F, SF, D", "The numbers that describe each patch: F are the teacher's, SF S₁'s, and D those that S₂ rebuilt."
    ),
    "scale": Term("1, 2, 3", "How finely the picture is divided: 1 is fine, 2 middle and 3 coarse."),
    "patch": Term("", "A square of the picture at one scale; its features are one column of numbers."),
    "memory": Term(
        "NFS",
        "Normal feature storage: descriptions of good patches, its items. It answers each coarse patch with the items "
        "most like it. With FFC it is MF, multistage filtration, in the paper's tables.",
    ),
    "recalled features": Term("F′₃", "The memory's answer: the coarse features, made of good patches only."),
    "sparse addressing": Term(
        "ŵ",
        "Each patch mixes only the few items most like it; small weights are cut to zero. Items per patch means how "
        "many equal weights would be as spread out: the exponential of their entropy.",
    ),
    "projection": Term(
        "FPM, P, SP",
        "Feature projection module: it multiplies the rows and columns of each channel by gates from 0 to 1. What does "
        "not matter passes less, so S₁, which copies only what passes, has less to copy.",
    ),
    "code": Term("F_C", "All scales fused and squeezed by FFC, feature fusion and compression. S₂ sees nothing else."),
    "maps": Term("M1 to M6", "Where teacher and student differ: M1 to M3 are S₂'s, M4 to M6 S₁'s, two for each scale."),
    "cosine distance": Term(
        "1 − cos", "How far two descriptions point apart: 0 in the same direction, 2 in opposite ones."
    ),
    "score": Term(
        "Score_p, Score_l",
        "Maps added within a scale and multiplied across. Score_l, the picture's, is the largest value.",
    ),
    "threshold": Term(
        "", "The score that most of the held-out good pictures do not exceed; above it a picture is anomalous."
    ),
    "held-out pictures": Term("", "Good pictures that training did not see. They set the threshold."),
    "over-imitation": Term(
        "",
        "S₁ copies the teacher even on defects, so that the two agree and the defect stays dark. S₂ cannot copy: it "
        "never sees the picture.",
    ),
    "restoration shortcut": Term(
        "", "S₂ rebuilds a defect because the code still carries it, so that it agrees with the teacher and stays dark."
    ),
    "L_RKD": Term("", "What S₂ is trained by: the cosine distance between F and D, at all scales."),
    "L_KD": Term("α", "What S₁ is trained by: the distance between SP and P, behind the gates of both, weighted by α."),
    "L_align": Term(
        "β",
        "The distance between SF and P: S₁'s features before its own gates. β is 1 in the first epochs, then 0: "
        "kept on, it leaves S₁'s own gates nothing to do.",
    ),
    "L_query": Term("δ", "The entropy of the addressing, weighted by δ: small when each patch chooses few items."),
    "AUROC": Term(
        "", "The chance that a defective picture scores higher than a good one. I- is of pictures, P- of pixels."
    ),
    "P-AP": Term(
        "", "Area under the precision-recall curve of pixels: high where the brightest pixels are the defective ones."
    ),
    "P-PRO": Term(
        "", "Per-region overlap: how much of each defect is found, small ones counting as much as large ones."
    ),
}
