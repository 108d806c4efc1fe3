"""The score as a circuit: three pairs of maps, a sign within each pair and one between the pairs.

The paper's score, (M1+M6)*(M2+M5)*(M3+M4), has one pair per scale: the reverse and the forward branch's map. A circuit
is any expression of that form; others exist, too, and are edited as text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations, product

from nnet.config import Config
from nnet.expression import Expression, parse
from nnet.scoring import judge
from nnet.scoring.maps import MAP_NAMES

PAIRS = (("M1", "M6"), ("M2", "M5"), ("M3", "M4"))
"""The maps of each scale, fine to coarse: the reverse branch's, then the forward branch's."""
SCALES = ("fine", "middle", "coarse")
"""Names of the scales, in the order of PAIRS."""
_SIGNS = "+*"
_Key = tuple[object, ...]


@dataclass(frozen=True)
class Circuit:
    """An expression in two levels.

    Attributes:
        used: names of the maps that are in it, at least one.
        inner: the sign within each of the three pairs, "+" or "*"; without effect where a map of the pair is out.
        outer: the sign before the second and before the third pair. It joins the pair to what stands before it, and
            products come before sums as everywhere; it has no effect before the first pair that is in use.
    """

    used: frozenset[str]
    inner: tuple[str, ...] = ("+", "+", "+")
    outer: tuple[str, ...] = ("*", "*")

    @property
    def expression(self) -> Expression:
        """What the circuit computes."""
        written = ""
        for index, pair in enumerate(PAIRS):
            group = self.inner[index].join(name for name in pair if name in self.used)
            if group:
                written += (self.outer[index - 1] if written else "") + f"({group})"
        return parse(written)

    def has_inner(self, index: int) -> bool:
        """Whether the sign within a pair has an effect: both of its maps are in use."""
        return self.used.issuperset(PAIRS[index])

    def has_outer(self, index: int) -> bool:
        """Whether the sign before pair `index` + 1 has an effect: that pair and one before it are in use."""
        before = {name for pair in PAIRS[: index + 1] for name in pair}
        return not self.used.isdisjoint(before) and not self.used.isdisjoint(PAIRS[index + 1])

    def toggled(self, name: str) -> Circuit | None:
        """With a map taken in or left out; None if none would be left."""
        used = self.used ^ {name}
        return replace(self, used=used) if used else None

    def inner_flipped(self, index: int) -> Circuit:
        """With the other sign within a pair."""
        return replace(self, inner=_flipped(self.inner, index))

    def outer_flipped(self, index: int) -> Circuit:
        """With the other sign before pair `index` + 1."""
        return replace(self, outer=_flipped(self.outer, index))


def _flipped(signs: tuple[str, ...], index: int) -> tuple[str, ...]:
    return tuple(("+" if sign == "*" else "*") if i == index else sign for i, sign in enumerate(signs))


def read(expression: Expression) -> Circuit | None:
    """The circuit of an expression, in whatever order its parts are written, or None if it has another form."""
    return _known().get(_key(expression))


def _key(expression: Expression) -> _Key:
    """The same for expressions that differ only in the order of terms and factors."""
    if not expression.sign:
        return (expression.name,)
    return expression.sign, tuple(sorted((_key(part) for part in expression.terms), key=repr))


@cache
def _known() -> dict[_Key, Circuit]:
    """Every circuit by its expression. Where two are the same expression, the one with more of the paper's signs."""
    found: dict[_Key, Circuit] = {}
    for count in range(1, len(MAP_NAMES) + 1):
        for used in map(frozenset, combinations(MAP_NAMES, count)):
            for circuit in _with_any_signs(Circuit(used)):
                found.setdefault(_key(circuit.expression), circuit)
    return found


def _with_any_signs(circuit: Circuit) -> list[Circuit]:
    """The circuit with all combinations of signs that have an effect, the paper's first."""
    inner = product(*(_SIGNS if circuit.has_inner(index) else "+" for index in range(3)))
    outer = list(product(*(reversed(_SIGNS) if circuit.has_outer(index) else "*" for index in range(2))))
    return [replace(circuit, inner=signs, outer=between) for signs in inner for between in outer]


# ---------------------------------------------------------------------------------------------------------- editing


def toggle_map(expression: Expression, name: str) -> Expression | None:
    """The expression with a map taken in or left out; None if none would be left.

    In an expression that is no circuit, a map is taken in beside its partner of the same scale, or as one more factor.

    Raises:
        nnet.expression.ExpressionError: the expression would become too long.
    """
    if (circuit := read(expression)) is not None:
        changed = circuit.toggled(name)
        return changed.expression if changed else None
    if name in expression.maps:
        return expression.restricted(set(expression.maps) - {name})
    partner = next(other for pair in PAIRS if name in pair for other in pair if other != name)
    if partner in expression.maps:
        return parse(expression.text.replace(partner, f"({partner}+{name})"))
    return parse(f"({expression})*{name}")


def edit(expression: Expression, change: str, target: str) -> Expression | None:
    """The expression after a click on the diagram; None if no map would be left.

    Args:
        change: "map" takes the map `target` in or out, "only" leaves it alone in the score, "inner" and "outer" flip
            the sign of number `target`, see `Circuit`.

    Raises:
        ValueError: no such change or target, or a sign of an expression that is no circuit.
        nnet.expression.ExpressionError: the expression would become too long.
    """
    if change in ("map", "only"):
        if target not in MAP_NAMES:
            raise ValueError(target)
        return parse(target) if change == "only" else toggle_map(expression, target)
    circuit, index = read(expression), int(target)
    flips = {"inner": (Circuit.inner_flipped, 3), "outer": (Circuit.outer_flipped, 2)}
    if circuit is None or change not in flips or not 0 <= index < flips[change][1]:
        raise ValueError(change)
    return flips[change][0](circuit, index).expression


def with_maps_used(expression: Expression, names: Collection[str]) -> Expression | None:
    """The expression with exactly these maps in it, the others' arrangement kept; None without any."""
    used: Expression | None = expression
    for name in sorted(set(names) ^ set(expression.maps), key=lambda name: (name not in names, name)):
        if used is not None:
            used = toggle_map(used, name)
    return used


def presets(config: Config) -> dict[str, Expression]:
    """The expressions to choose from by name: `judge.presets`, then each scale of two maps alone."""
    return dict(_presets(config))


@lru_cache(maxsize=64)
def _presets(config: Config) -> dict[str, Expression]:
    found = judge.presets(config)
    for scale, pair in zip(SCALES, PAIRS, strict=True):
        alone = parse("+".join(pair))
        known = any(judge.same_score(alone, other) for other in found.values())
        if set(pair) <= set(config.maps) and not known:
            found[scale] = alone
    return found
