"""How numbers, sizes and times are written, here and nowhere else. Knows no Streamlit.

>>> number(0.8861), percent(0.0242), plural(3, "image"), about(130)
('0.886', '2.4 %', '3 images', 'about 2 min')
"""

import re
from collections.abc import Iterable, Sequence

from nnet.units import SMALLEST as SMALLEST
from nnet.units import data_size as data_size
from nnet.units import duration as duration
from nnet.units import duration_between as duration_between
from nnet.units import multiple as multiple
from nnet.units import percent as percent
from nnet.units import times as times
from workbench.shared import hosting

TIMES = "\N{MULTIPLICATION SIGN}"
_MOST_SHOWN, _MOST_OF_CARD = 2000, 100_000
_ADDRESS = re.compile(r"\bhttps?:(?=//)|\bwww(?=\.)|\w@(?=\w)", re.IGNORECASE)
_TABLE_RULE, _CARD_START = re.compile(r"\|[-|: ]+\|"), re.compile(r"(#{1,4}|-|>) ")
_SYMBOL = re.compile(r"\b(L|S?F|S?P|D|Score|M)('|&#x27;|\N{PRIME})?_(RKD|KD|align|query|C|E|[i123pl])(?![A-Za-z0-9])")
_ESCAPED_SYMBOL = re.compile(_SYMBOL.pattern.replace("_", r"\\_", 1))
_STUDENT = re.compile(r"\bS([12])\b")
_MARKDOWN = frozenset("\\`*_{}[]()<>#+-!|~$:&")


def number(value: float) -> str:
    """A score with three significant digits: 0.886, 12.3, 1,235; very small ones as 4.5e-05."""
    if value != 0 and abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")


def rough(value: float) -> str:
    """The same for large type, with two: 0.58, 2.7, 98."""
    return f"{value:#.2g}".rstrip(".") if 0.001 <= abs(value) < 99.5 else number(value)


def milliseconds(value: float) -> str:
    """A short time: 0.4 ms, 48 ms, 1.3 s."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def pixels(width: int, height: int) -> str:
    """A size: 300 \N{MULTIPLICATION SIGN} 200 px."""
    return f"{width:,} \N{MULTIPLICATION SIGN} {height:,} px"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 image, 3 images."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cut(words: str, most: int = 80) -> str:
    """Words from outside that may be of any length, on one line and with "…" for what does not fit."""
    line = " ".join(words[: most + 1].split())
    return line if len(words) <= most else f"{line[:most]}…"


def plain(words: str) -> str:
    """Words from outside, such as a file name, so that Markdown shows them as they are; at most 2,000 characters.

    Addresses are no links: Streamlit's Markdown looks for them after it has taken the backslashes away, so an invisible
    character, which no line may break at, keeps their parts apart. Visitors of a shared demo read no folders.
    """
    words = hosting.without_paths(words).encode("utf-8", "replace").decode()  # a file's name may be no UTF-8
    words = words if len(words) <= _MOST_SHOWN else f"{words[:_MOST_SHOWN]}…"
    words = _ADDRESS.sub("\\g<0>\N{WORD JOINER}", words)
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in words)


def text(said: str) -> str:
    """A sentence of Markdown, `plain` words in it, as what is no Markdown needs it: the label of a picture."""
    return re.sub(r"\\(.)", r"\1", said).replace("\N{WORD JOINER}", "")


def card(written: str) -> str:
    """The card of a model or a study for Markdown: its headings, lists and tables, but all words as they are.

    Nothing in it becomes a link, a picture, a formula or a colour, whoever wrote it.
    """
    return "\n".join(map(_card_line, written[:_MOST_OF_CARD].splitlines()))


def _card_line(line: str) -> str:
    words = line.replace("`", "").replace("**", "")  # which cards of ours set
    if _TABLE_RULE.fullmatch(words):
        return words
    if words.startswith("|"):
        return f"|{'|'.join(plain(cell) for cell in words.strip().strip('|').split('|'))}|"
    start = _CARD_START.match(words)
    return f"{start[0]}{plain(words[start.end() :])}" if start else plain(words)


def bullets(lines: Iterable[str]) -> str:
    """Sentences that may hold words from outside, as a list in Markdown; one alone stands without a bullet."""
    said = [plain(line) for line in lines]
    return said[0] if len(said) == 1 else "\n".join(f"- {line}" for line in said)


def tick(value: float) -> str:
    """A round number on an axis: 0.01, 1, 20,000."""
    return f"{value:,.6g}"


def about(seconds: float) -> str:
    """A length of time that is only estimated: a few seconds, about 40 s, about 3 min, about 3 h."""
    if seconds < 5:
        return "a few seconds"
    coarse = 10 if seconds < 90 else 60 if seconds < 5400 else 600
    return f"about {duration(max(1, round(seconds / coarse)) * coarse)}"


def progress(done: int, total: int, noun: str, did: str, seconds_left: float | None = None) -> str:
    """How far a measurement is: "40 of 490 images measured, about 2 min left"."""
    left = f", {about(seconds_left)} left" if seconds_left is not None and done < total else ""
    return f"{done:,} of {plural(total, noun)} {did}{left}"


def indices(escaped: str) -> str:
    """HTML, also that of charts, in which symbols have their indices below the line: L_RKD, F_C, S1."""
    return _SYMBOL.sub(lambda one: f"{one[1]}{chr(0x2032) if one[2] else ''}<sub>{one[3]}</sub>", _students(escaped))


def symbols(text: str) -> str:
    """A plain text for Markdown, likewise."""
    return _ESCAPED_SYMBOL.sub(
        lambda one: f"${one[1]}{chr(39) if one[2] else ''}_{{\\mathrm{{{one[3]}}}}}$", _students(plain(text))
    )


def _students(text: str) -> str:
    """S₁ and S₂ with the letters that pages use for them."""
    return _STUDENT.sub(lambda one: f"S{chr(0x2080 + int(one[1]))}", text)


def at_scales(numbers: Sequence[int]) -> str:
    """Scales in words: "at all three scales", "at scale 2", "at scales 1 and 3", "at no scale"."""
    if len(numbers) == 3:
        return "at all three scales"
    if not numbers:
        return "at no scale"
    if len(numbers) == 1:
        return f"at scale {numbers[0]}"
    return f"at scales {' and '.join(map(str, numbers))}"


def natural(name: str) -> list[tuple[int, int | str]]:
    """A name as people sort it: part2 before part10."""
    return [(0, int(part)) if part.isdecimal() else (1, part.lower()) for part in re.split(r"(\d+)", name) if part]
