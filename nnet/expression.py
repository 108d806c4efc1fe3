"""The little language in which six anomaly maps are combined into one: sums, products and parentheses over M1..M6.

The paper's score, (M1+M6)*(M2+M5)*(M3+M4), is one sentence of it. Grammar, with white space free between symbols:

    sum     = product { "+" product }
    product = atom { "*" atom }
    atom    = "M1" | ... | "M6" | "(" sum ")"

For "*" the signs "x", "\u00d7" and "\u00b7" are read as well, and "m1" for "M1". The text may come from anywhere: it
is read symbol by symbol, never handed to Python, and both its length and its nesting are limited.
"""

import operator
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple, TypeVar

from nnet.errors import NNetError

MAX_LENGTH = 200
"""Most characters an expression may have, white space included."""

MAX_DEPTH = 20
"""Most parentheses that may be open at once."""

_MAPS = ("M1", "M2", "M3", "M4", "M5", "M6")
_SIGNS = {"+": "+", "*": "*", "x": "*", "\u00d7": "*", "\u00b7": "*", "(": "(", ")": ")"}
_ARITHMETIC = {"+": operator.add, "*": operator.mul}
_EXAMPLE = "(M1+M6)*M2"

T = TypeVar("T")  # anything with + and *: a float, a NumPy array, a PyTorch tensor


class ExpressionError(NNetError, ValueError):
    """A text that is no expression, or an expression that cannot be used; the message is for the user.

    text: what was read. position: index of the offending character in `text`, counted from 0; None if there is none.
    """

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.position = position

    @property
    def caret(self) -> str:
        """Two lines for a fixed-width display: the text, and a ^ under the offending character; "" without one."""
        if self.position is None:
            return ""
        line = "".join(char if char.isprintable() else "?" for char in self.text)
        return f"{line}\n{' ' * self.position}^"


class MissingMapError(ExpressionError):
    """An expression names a map that this model does not make."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression, made by `parse` or `for_maps`; equal expressions have equal canonical texts.

    sign: "+" or "*" for a sum or a product of two or more parts, "" for a single map.
    parts: the terms or factors in the order written, or the name of the single map. A sum has no sum
        among its parts, nor a product a product: M1+(M2+M3) is read as M1+M2+M3.
    """

    sign: str
    parts: tuple["Expression | str", ...]

    @property
    def name(self) -> str:
        """The name of a single map, "" for a sum or a product."""
        return "" if self.sign else str(self.parts[0])

    @property
    def terms(self) -> tuple["Expression", ...]:
        """The terms of a sum or the factors of a product; none for a single map."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    @property
    def text(self) -> str:
        """Canonical text: upper-case names, + and *, no white space, no parenthesis that could be left out."""
        return self.sign.join(_part_text(part, self.sign) for part in self.parts)

    def __str__(self) -> str:
        return self.text

    @property
    def maps(self) -> tuple[str, ...]:
        """Names of the maps used, sorted, each once."""
        names = {name for part in self.parts for name in ((part,) if isinstance(part, str) else part.maps)}
        return tuple(sorted(names))

    @property
    def factors(self) -> tuple["Expression", ...]:
        """The top-level factors of a product; a sum or a single map is its own only factor."""
        return self.terms if self.sign == "*" else (self,)

    def evaluate(self, maps: Mapping[str, T]) -> T:
        """The expression's value, computed from left to right; the maps are not changed.

        maps: a value for each name of `self.maps`, all of shapes that go together; others are ignored.
        Raises MissingMapError if a name is not among `maps`.
        """
        missing = [name for name in self.maps if name not in maps]
        if missing:
            raise MissingMapError(_missing_message(self.text, missing, maps))
        return self._value(maps)

    def restricted(self, names: Collection[str]) -> "Expression | None":
        """The expression without the maps that are not in `names`; None if nothing is left."""
        if not self.sign:
            return self if self.name in names else None
        kept = [part for part in (part.restricted(names) for part in self.terms) if part is not None]
        return _combined(self.sign, kept) if kept else None

    def _value(self, maps: Mapping[str, T]) -> T:
        if not self.sign:
            return maps[self.name]
        return reduce(_ARITHMETIC[self.sign], (part._value(maps) for part in self.terms))


def parse(text: str) -> Expression:
    """Read an expression such as "(M1+M6)*(M2+M5)*(M3+M4)".

    Raises ExpressionError, with the position where there is one, for anything the grammar above does not allow,
    for more than MAX_LENGTH characters and for more than MAX_DEPTH open parentheses.
    """
    if not isinstance(text, str):
        raise ExpressionError(f"A text such as {_EXAMPLE} was expected, but {type(text).__name__} was found.")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"The expression has {len(text):,} characters, but at most {MAX_LENGTH} are read; write a shorter one."
        )
    return _Parser(text).parse()


def read(given: Expression | str) -> Expression:
    """For a public function that also takes a text: the expression itself, or the text read by `parse`."""
    return given if isinstance(given, Expression) else parse(given)


def for_maps(available: Iterable[str]) -> Expression:
    """The paper's expression, restricted to the maps that exist: M1*M2*M3 for M1, M2 and M3.

    Names that the paper's expression does not use are ignored. Raises MissingMapError if no map is left.
    """
    names = frozenset(available)
    restricted = PRESETS["paper"].restricted(names)
    if restricted is None:
        raise MissingMapError(
            f"At least one of the maps M1 to M6 is needed, but {_listed(names)}; "
            f"switch on at least one direction of the model."
        )
    return restricted


def _part_text(part: Expression | str, sign: str) -> str:
    if isinstance(part, str):
        return part
    return f"({part.text})" if sign == "*" and part.sign == "+" else part.text


def _combined(sign: str, parts: list[Expression]) -> Expression:
    """The sum or product of the parts in canonical form: no nesting of like in like, no single part."""
    if len(parts) == 1:
        return parts[0]
    flat = (inner for part in parts for inner in (part.parts if part.sign == sign else (part,)))
    return Expression(sign, tuple(flat))


def _missing_message(text: str, missing: list[str], maps: Iterable[str]) -> str:
    return (
        f"The expression {text} needs {_and(missing)}, but {_listed(maps)}; "
        f"use only maps that exist, or a model that makes {_and(missing)}."
    )


def _listed(names: Iterable[str]) -> str:
    known = sorted(name for name in names if name in _MAPS)
    return f"only {_and(known)} {'exist' if len(known) > 1 else 'exists'} here" if known else "no map exists here"


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


# ------------------------------------------------------------------------------------------------------- reading


class _Token(NamedTuple):
    """One symbol: its canonical spelling ("" at the end of the text) and where it starts and ends."""

    symbol: str
    start: int
    stop: int


class _Parser:
    """Recursive descent over the tokens of one text: one method per line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.index = 0
        self.open: list[_Token] = []

    def parse(self) -> Expression:
        expression = self.sum()
        token = self.token
        if token.symbol == ")":
            raise self.error(token, 'closes a parenthesis that was never opened; remove it or add "(" before it')
        if token.symbol:
            raise self.error(token, "follows without a sign; put + or * before it")
        return expression

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def take(self, symbol: str) -> bool:
        found = self.token.symbol == symbol
        self.index += found
        return found

    def sum(self) -> Expression:
        terms = [self.product()]
        while self.take("+"):
            terms.append(self.product())
        return _combined("+", terms)

    def product(self) -> Expression:
        factors = [self.atom()]
        while self.take("*"):
            factors.append(self.atom())
        return _combined("*", factors)

    def atom(self) -> Expression:
        token = self.token
        if token.symbol in _MAPS:
            self.index += 1
            return Expression("", (token.symbol,))
        if token.symbol == "(":
            return self.parenthesis()
        raise self.missing_operand(token)

    def parenthesis(self) -> Expression:
        opening = self.token
        if len(self.open) == MAX_DEPTH:
            raise self.error(opening, f"opens more than {MAX_DEPTH} parentheses inside one another; use fewer")
        self.open.append(opening)
        self.index += 1
        inside = self.sum()
        if not self.take(")"):
            raise self.unclosed(self.token)
        self.open.pop()
        return inside

    def unclosed(self, token: _Token) -> ExpressionError:
        if token.symbol:
            return self.error(token, "follows without a sign; put + or * before it")
        return self.error(self.open[-1], 'is never closed; add ")" at the end')

    def missing_operand(self, token: _Token) -> ExpressionError:
        if not self.text.strip():
            return ExpressionError(f"The expression is empty; write one such as {_EXAMPLE}.", self.text)
        if not token.symbol:
            last = self.tokens[self.index - 1]
            return self.error(last, 'ends the expression; add a map (M1 to M6) or a "(...)" after it')
        return self.error(token, 'stands where a map (M1 to M6) or "(" was expected; add a map before it')

    def error(self, token: _Token, problem: str) -> ExpressionError:
        return _error(self.text, token.start, token.stop, problem)


def _tokens(text: str) -> list[_Token]:
    """Split a text into symbols; the list ends with one empty symbol."""
    tokens, start = [], 0
    while start < len(text):
        if text[start].isspace():
            start += 1
            continue
        token = _read_token(text, start)
        tokens.append(token)
        start = token.stop
    return [*tokens, _Token("", len(text), len(text))]


def _read_token(text: str, start: int) -> _Token:
    if text[start] in _SIGNS:
        return _Token(_SIGNS[text[start]], start, start + 1)
    stop = start + 1
    while text[start] in "Mm" and text[stop : stop + 1] in tuple("0123456789"):
        stop += 1
    name = text[start:stop].upper()
    if name in _MAPS:
        return _Token(name, start, stop)
    raise _unknown(text, start, stop)


def _unknown(text: str, start: int, stop: int) -> ExpressionError:
    """Why the characters from `start` on are no symbol."""
    if stop > start + 1:
        return _error(text, start, stop, "does not exist; the maps are M1 to M6")
    while stop < len(text) and _is_word(text[start : stop + 1]):
        stop += 1
    problem = f"is not part of an expression; use only M1 to M6, +, * and parentheses, as in {_EXAMPLE}"
    return _error(text, start, stop, problem)


def _is_word(characters: str) -> bool:
    return characters.isascii() and characters.replace("_", "a").isalnum()


def _error(text: str, start: int, stop: int, problem: str) -> ExpressionError:
    return ExpressionError(f"Character {start + 1}: {_quoted(text[start:stop])} {problem}.", text, start)


def _quoted(symbol: str) -> str:
    """The symbol in quotes; one outside ASCII gets its name, since it may look like another or like nothing."""
    if symbol.isascii() and symbol.isprintable():
        return f'"{symbol}"' if len(symbol) <= 20 else f'"{symbol[:20]}..."'
    name = unicodedata.name(symbol, f"U+{ord(symbol):04X}")
    return f'"{symbol}" ({name})' if symbol.isprintable() else f"the invisible character {name}"


PRESETS: dict[str, Expression] = {
    name: parse(text)
    for name, text in {"paper": "(M1+M6)*(M2+M5)*(M3+M4)", "reverse": "M1*M2*M3", "forward": "M4*M5*M6"}.items()
}
"""By name: the paper's score, and the products of one direction's maps alone."""
