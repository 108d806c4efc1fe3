"""Procedural normal images: woven fabric, brushed metal, wood grain, and two machined parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from nnet.data.errors import DataError
from nnet.data.noise import generator, smooth_noise, smoothstep, streaks

OVERSAMPLING = 2  # drawn at twice the size and averaged, so that edges have no steps
MIN_SIZE = 32

Grid = tuple[np.ndarray, np.ndarray]


def normal_image(kind: str, *, seed: int, size: int = 256) -> np.ndarray:
    """A defect-free image, uint8 (size, size, 3), the same for the same arguments.

    Images of one kind differ in what differs on a real line: position, tilt, exposure, the course of the grain.

    Raises:
        DataError: a kind that is not in TEXTURES, or a size under 32.
    """
    if kind not in TEXTURES:
        raise DataError(f"There is no synthetic texture {kind!r}; choose one of {', '.join(TEXTURES)}.")
    if size < MIN_SIZE:
        raise DataError(f"A synthetic image needs at least {MIN_SIZE} pixels per side, but {size} was asked for.")
    rng = generator("texture", kind, seed)
    n = size * OVERSAMPLING
    colour = TEXTURES[kind](rng, n)  # (n, n, 3), 0..1
    colour = colour.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean(axis=(1, 3))
    return photograph(rng, colour)


def part_pose(kind: str, *, seed: int) -> Pose | None:
    """Where the machined part lies in `normal_image` with the same arguments; None for a texture without one."""
    return PARTS[kind](generator("texture", kind, seed)) if kind in PARTS else None


def part_mask(kind: str, *, seed: int, size: int = 256) -> np.ndarray | None:
    """Bool (size, size), True where `normal_image` with the same arguments shows some of the machined part.

    None for a texture without a part.
    """
    pose = part_pose(kind, seed=seed)
    if pose is None:
        return None
    radius, angle = pose.polar(size * OVERSAMPLING)
    inside = (radius < pose.edge(angle)) & (radius > pose.bore)
    return np.asarray(inside.reshape(size, OVERSAMPLING, size, OVERSAMPLING).any(axis=(1, 3)))


def photograph(rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
    """Exposure, the lens's falloff and the sensor's noise; uint8."""
    n = colour.shape[0]
    y, x = grid(n)
    falloff = 1 - 0.10 * (x**2 + y**2)
    exposure = 1 + 0.02 * rng.standard_normal()
    grain = 0.006 * rng.standard_normal((n, n, 1), dtype=np.float32)
    finished = colour * (exposure * falloff)[..., None] + grain
    return np.clip(np.rint(finished * 255), 0, 255).astype(np.uint8)


def grid(n: int) -> Grid:
    """Row and column coordinates, -1..1 from edge to edge."""
    axis = ((np.arange(n, dtype=np.float32) + 0.5) / n) * 2 - 1
    return axis[:, None], axis[None, :]


def _rgb(*levels: int) -> np.ndarray:
    return np.array(levels, np.float32) / 255


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(H, W, 3) from two colours and the share (H, W) of the second."""
    return first + (second - first) * share[..., None]


def _fabric(rng: np.random.Generator, n: int) -> np.ndarray:
    """A 2/1 twill of blue-grey warp over paler weft, yarns uneven and slightly wavy."""
    yarns = 34
    y, x = grid(n)
    tilt = np.deg2rad(rng.normal(0, 1.2))
    wave_x, wave_y = (0.12 * smooth_noise(rng, (n, n), (3, 3), 2) for _ in range(2))
    u = (x * np.cos(tilt) - y * np.sin(tilt)) * yarns / 2 + wave_x + rng.uniform(100, 200)
    v = (x * np.sin(tilt) + y * np.cos(tilt)) * yarns / 2 + wave_y + rng.uniform(100, 200)
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    thickness = 1 + 0.06 * rng.standard_normal((2, 512)).astype(np.float32)
    warp = _yarn_height(i, v, u - i - 0.5, thickness[0][i], lambda a, b: (a + b) % 3 != 0)
    weft = _yarn_height(j, u, v - j - 0.5, thickness[1][j], lambda b, a: (a + b) % 3 == 0)
    on_top = warp > weft
    height = np.maximum(warp, weft)
    slope_y, slope_x = np.gradient(height, 2 / n * yarns / 2)
    light = 0.80 - 0.05 * slope_x - 0.065 * slope_y
    depth = 0.38 + 0.62 * smoothstep(0.15, 1.05, height)
    # The twist of the yarn shows as fine oblique lines on it.
    twist = np.where(on_top, np.sin(2 * np.pi * (1.6 * u + 2.4 * v)), np.sin(2 * np.pi * (2.4 * u + 1.6 * v)))
    tones = 0.05 * rng.standard_normal((2, 512)).astype(np.float32)
    slub = np.where(on_top, smooth_noise(rng, (n, n), (12, 60)), smooth_noise(rng, (n, n), (60, 12)))
    tone = 1 + np.where(on_top, tones[0][i], tones[1][j]) + 0.05 * twist + 0.06 * slub
    tone += 0.03 * smooth_noise(rng, (n, n), (3, 3), 3)
    base = np.where(on_top[..., None], _rgb(106, 122, 152), _rgb(172, 174, 178))
    return base * (tone * light * depth * 1.25)[..., None]


def _yarn_height(
    index: np.ndarray, along: np.ndarray, across: np.ndarray, thickness: np.ndarray, above: Callable
) -> np.ndarray:
    """Height of one set of yarns: a round cross-section that rises and dives between crossings."""
    first = np.floor(along - 0.5).astype(int)
    step = smoothstep(0, 1, along - 0.5 - first)
    lift = above(index, first) * (1 - step) + above(index, first + 1) * step
    profile = np.sqrt(np.maximum(0, 1 - (2 * across / thickness) ** 2))
    return (0.55 * lift + 0.55 * profile).astype(np.float32)


def _metal(rng: np.random.Generator, n: int) -> np.ndarray:
    """Brushed steel: streaks of several lengths along the rows, and a broad band of reflected light across them."""
    y, x = grid(n)
    scale = n / 512
    fine = streaks(rng, (n, n), (0.7 * scale, 18 * scale))
    middle = streaks(rng, (n, n), (1.1 * scale, 90 * scale))
    long = streaks(rng, (n, n), (2.2 * scale, 400 * scale))
    band = np.exp(-(((x - rng.normal(-0.15, 0.08) - 0.12 * y) / 0.62) ** 2))
    tone = 0.50 + 0.20 * band + 0.035 * y + (0.030 * fine + 0.032 * middle + 0.022 * long) * (0.7 + 0.5 * band)
    # A few deeper brush marks, each a short part of its row.
    deep = streaks(rng, (n, n), (0.8 * scale, 30 * scale))
    tone -= 0.05 * smoothstep(2.6, 4.0, deep) - 0.05 * smoothstep(2.6, 4.0, -deep)
    return tone[..., None] * np.array([0.985, 1.0, 1.015], np.float32)


def _wood(rng: np.random.Generator, n: int) -> np.ndarray:
    """A planed board: growth rings cut lengthwise, fibres and pores along the columns."""
    y, x = grid(n)
    bend = 0.10 * smooth_noise(rng, (n, n), (1.4, 2.5), 2) + 0.012 * smooth_noise(rng, (n, n), (6, 20), 2)
    centre_x, centre_y = rng.normal(0.35, 0.12), rng.normal(2.4, 0.25)
    radius = np.hypot((x - centre_x) * 1.35, (y - centre_y) * 0.30) + bend
    rings = radius * 7.5 + rng.uniform(0, 1)
    rings += 0.25 * np.sin(rings * 0.9 + rng.uniform(0, 6))  # years of differing growth
    phase = rings - np.floor(rings)
    late = phase**2.6 * smoothstep(1.0, 0.93, phase)  # early wood darkens slowly into late wood, then stops short
    scale = n / 512
    fibre = streaks(rng, (n, n), (60 * scale, 0.9 * scale))
    coarse = streaks(rng, (n, n), (160 * scale, 3.5 * scale))
    pores = smoothstep(1.9, 3.0, streaks(rng, (n, n), (9 * scale, 0.8 * scale))) * (1 - 0.6 * late)
    cloud = smooth_noise(rng, (n, n), (2, 3), 2)
    share = np.clip(0.16 + 0.62 * late + 0.045 * coarse + 0.04 * cloud, 0, 1)
    board = mix(_rgb(214, 172, 122), _rgb(134, 84, 46), share)
    return board * (1 + 0.045 * fibre - 0.30 * pores)[..., None]


@dataclass(frozen=True)
class Pose:
    """Where a machined part lies and what shape it has; lengths are fractions of the image's side.

    Attributes:
        x, y: the centre.
        turn: rotation in radians.
        outer, root: radius at the tips and between the teeth; the same for a plain ring.
        bore: radius of the hole in the middle.
        teeth: their number, 0 for a plain ring.
    """

    x: float
    y: float
    turn: float
    outer: float
    root: float
    bore: float
    teeth: int

    def polar(self, n: int) -> Grid:
        """Distance from the centre in fractions of the side, and the angle, both (n, n)."""
        axis = (np.arange(n, dtype=np.float32) + 0.5) / n
        dy, dx = axis[:, None] - self.y, axis[None, :] - self.x
        return np.hypot(dx, dy), np.arctan2(dy, dx)

    def edge(self, angle: np.ndarray) -> np.ndarray | float:
        """Radius of the outer outline: a circle, or teeth with slanted flanks."""
        if not self.teeth:
            return self.outer
        wave = np.cos(self.teeth * (angle + self.turn))
        return self.root + (self.outer - self.root) * smoothstep(-0.38, 0.38, wave)


def _pose(rng: np.random.Generator, *, outer: float, root: float, bore: float, teeth: int) -> Pose:
    x, y = (0.5 + float(rng.normal(0, 0.008)) for _ in range(2))
    return Pose(x, y, float(rng.uniform(0, 2 * np.pi)), outer, root, bore, teeth)


def ground(rng: np.random.Generator, n: int) -> np.ndarray:
    """A matt inspection table, (n, n) 0..1."""
    y, x = grid(n)
    speckle = 0.010 * streaks(rng, (n, n), (1.2, 1.2))
    return (0.235 - 0.02 * x - 0.03 * y + speckle + 0.006 * smooth_noise(rng, (n, n), (4, 4), 2)).astype(np.float32)


def turned_part(rng: np.random.Generator, n: int, pose: Pose) -> np.ndarray:
    """A turned part: lathe marks, reflected light that fans out from the centre, chamfers, a shadow on the table."""
    radius, angle = pose.polar(n)
    outward = pose.edge(angle) - radius  # distance inside the outer edge
    inward = radius - pose.bore  # distance outside the bore
    inside = smoothstep(-1 / n, 1 / n, np.minimum(outward, inward))
    ring: np.ndarray = rng.standard_normal(4 * n).astype(np.float32)
    ring = np.convolve(ring, np.ones(5) / 5, "same") * 1.6 + 0.5 * np.convolve(ring[::-1], np.ones(33) / 6, "same")
    marks = np.interp(radius, np.linspace(0, 1, ring.size), ring)
    fan = np.cos(angle - rng.normal(-0.9, 0.12))
    gloss = 0.55 * np.abs(fan) ** 6 + 0.35 * np.abs(np.sin(2 * angle + 0.7)) ** 12
    tone = 0.50 + 0.24 * gloss + marks * (0.018 + 0.022 * gloss) + 0.012 * smooth_noise(rng, (n, n), (40, 40), 2)
    facing = np.cos(angle + 2.2)  # +1 towards the lamp at the upper left
    bevel = smoothstep(0.013, 0.006, outward) * facing - smoothstep(0.013, 0.006, inward) * facing
    tone = tone + 0.26 * bevel
    shadow = _cast(pose, n, 0.022)
    table = ground(rng, n) * (1 - 0.55 * shadow)
    tint = np.array([0.985, 1.0, 1.02], np.float32)
    return (table + (tone - table) * inside)[..., None] * tint


def _cast(pose: Pose, n: int, offset: float) -> np.ndarray:
    """The part's soft shadow, towards the lower right, 0..1 (n, n)."""
    moved = replace(pose, x=pose.x + offset, y=pose.y + offset)
    radius, angle = moved.polar(n)
    nearest = np.minimum(moved.edge(angle) - radius, radius - moved.bore)
    return smoothstep(-0.030, 0.020, nearest)


PARTS: dict[str, Callable[[np.random.Generator], Pose]] = {
    "washer": partial(_pose, outer=0.395, root=0.395, bore=0.19, teeth=0),
    "gear": partial(_pose, outer=0.43, root=0.365, bore=0.12, teeth=22),
}
TEXTURES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "fabric": _fabric,
    "metal": _metal,
    "wood": _wood,
    "washer": lambda rng, n: turned_part(rng, n, PARTS["washer"](rng)),
    "gear": lambda rng, n: turned_part(rng, n, PARTS["gear"](rng)),
}
