"""Photographs of a production line: textures and parts under varying perspective, light and wear.

Beside `nnet.data.textures`, whose pictures are taken straight from above in one light: what a camera on a line sees.
Two are textures (weave, plate), two are parts on a table (cog, bolt). The bolt lies in any direction and its defects
are small, 10 to 40 pixels of 1024.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from nnet.data.noise import generator, smooth_noise, smoothstep, streaks
from nnet.data.textures import OVERSAMPLING, PARTS, TEXTURES, Pose, grid, ground, photograph, turned_part

SKEW = 0.05  # how far a corner of the view may move, as a fraction of the side
PLACING_SIDE = 256  # of the mask that defects are placed with, whatever the images' size
LIGHT = (0.04, 0.16)  # fall of the light over half the picture, weakest and strongest
THREADS = 34  # of the bolt, over the picture's side


def scene_image(kind: str, *, seed: int, size: int) -> np.ndarray:
    """A defect-free photograph, uint8 (size, size, 3), the same for the same arguments; `kind` is one of SCENES."""
    rng, n = generator("scene", kind, seed), size * OVERSAMPLING
    colour = _worn(rng, SCENES[kind](rng, n, seed))
    y, x = grid(n)
    angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(*LIGHT)
    colour = _seen(kind, seed, colour * (1 + fall * (x * np.cos(angle) + y * np.sin(angle)))[..., None])
    return photograph(rng, colour.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean(axis=(1, 3)))


def scene_mask(kind: str, *, seed: int, size: int) -> np.ndarray | None:
    """Bool (size, size), True where `scene_image` with the same arguments shows the part; None for a texture."""
    if kind not in _OUTLINES:
        return None
    n = size * OVERSAMPLING
    inside = _OUTLINES[kind](seed, n)[..., None].astype(np.float32)
    return np.asarray(
        _seen(kind, seed, inside)[..., 0].reshape(size, OVERSAMPLING, size, OVERSAMPLING).min((1, 3)) > 0.5
    )


def scene_place(kind: str, *, seed: int, rng: np.random.Generator, at_rim: bool) -> tuple[float, float]:
    """A place on the part, or at its rim, as (x, y) fractions of the side; anywhere inside for a texture."""
    mask = scene_mask(kind, seed=seed, size=PLACING_SIDE)
    if mask is None:
        x, y = rng.uniform(0.12, 0.88, 2)
        return float(x), float(y)
    inner = mask.copy()
    for _ in range(5):
        inner[1:-1, 1:-1] &= inner[2:, 1:-1] & inner[:-2, 1:-1] & inner[1:-1, 2:] & inner[1:-1, :-2]
    rows, columns = np.nonzero(mask & ~inner if at_rim else inner)
    chosen = int(rng.integers(len(rows)))
    return (columns[chosen] + 0.5) / PLACING_SIDE, (rows[chosen] + 0.5) / PLACING_SIDE


def _seen(kind: str, seed: int, colour: np.ndarray) -> np.ndarray:
    """The surface (n, n, C) as a camera sees it that does not look straight down."""
    n, rng = colour.shape[0], generator("view", kind, seed)
    corners = np.array([(0, 0), (n, 0), (n, n), (0, n)], float)
    towards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    source = corners + towards * rng.uniform(0, SKEW * n, (4, 2))
    rows = [[x, y, 1, 0, 0, 0, -u * x, -u * y] for (x, y), (u, _) in zip(corners, source, strict=True)]
    rows += [[0, 0, 0, x, y, 1, -v * x, -v * y] for (x, y), (_, v) in zip(corners, source, strict=True)]
    view = np.linalg.solve(np.array(rows), np.concatenate([source[:, 0], source[:, 1]]))
    layers = [Image.fromarray(np.ascontiguousarray(layer, np.float32)) for layer in np.moveaxis(colour, 2, 0)]
    how = Image.Transform.PERSPECTIVE, tuple(view), Image.Resampling.BILINEAR
    return np.stack([np.asarray(layer.transform((n, n), *how)) for layer in layers], axis=2)


def _worn(rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
    """Traces of use that are normal: cloudy wear, fine hairlines in one direction, as much as this piece has seen."""
    n, use = colour.shape[0], float(rng.uniform(0.2, 1))
    cloud = 0.03 * use * smooth_noise(rng, (n, n), (5, 5), 3)
    lines = streaks(rng, (n, n), (0.8, n / 40) if rng.random() < 0.5 else (n / 40, 0.8))
    return colour * (1 + cloud + 0.05 * use * smoothstep(2.2, 3.6, lines))[..., None]


def _cog_pose(seed: int) -> Pose:
    return PARTS["gear"](generator("lies", "cog", seed))


def _cog(rng: np.random.Generator, n: int, seed: int) -> np.ndarray:
    return turned_part(rng, n, _cog_pose(seed))


def _cog_outline(seed: int, n: int) -> np.ndarray:
    pose = _cog_pose(seed)
    radius, angle = pose.polar(n)
    return np.asarray((radius < pose.edge(angle)) & (radius > pose.bore))


def _bolt_frame(seed: int, n: int, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Distance along the bolt's axis and across it, fractions of the side; `offset` moves it to the lower right."""
    rng = generator("lies", "bolt", seed)
    turn, x, y = rng.uniform(0, 2 * np.pi), *(0.5 + rng.uniform(-0.05, 0.05, 2) + offset)
    axis = (np.arange(n, dtype=np.float32) + 0.5) / n
    dy, dx = axis[:, None] - y, axis[None, :] - x
    return dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)


def _bolt_depth(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Distance inside the bolt's outline, below 0 outside: a hexagonal head, and a threaded shank with a cut tip."""
    thread = 0.005 * np.abs(2 * ((along * THREADS + across * 1.5) % 1) - 1)
    width = 0.06 - thread - smoothstep(0.30, 0.34, along) * 0.02
    shank = np.minimum(width - np.abs(across), np.minimum(along + 0.24, 0.34 - along))
    head = np.minimum(0.125 - np.abs(across), np.minimum(along + 0.35, -0.23 - along))
    return np.maximum(shank, head)


def _bolt(rng: np.random.Generator, n: int, seed: int) -> np.ndarray:
    along, across = _bolt_frame(seed, n)
    depth = _bolt_depth(along, across)
    lamp = float(rng.uniform(-0.5, 0.5))
    round_part = np.sqrt(np.clip(1 - (across / 0.065 - 0.4 * lamp) ** 2, 0, 1))
    thread = np.cos(2 * np.pi * (along * THREADS + across * 1.5))
    shank = 0.30 + 0.36 * round_part + 0.10 * thread * round_part
    facet = np.clip(np.round(across / 0.075), -1, 1)
    head = 0.55 + 0.14 * facet * np.sign(lamp + 1e-6) - 0.10 * np.abs(facet)
    tone = np.where(along < -0.235, head, shank) + 0.012 * smooth_noise(rng, (n, n), (60, 60), 2)
    tone += 0.22 * smoothstep(0.008, 0.002, depth)
    shadow = smoothstep(-0.02, 0.01, _bolt_depth(*_bolt_frame(seed, n, 0.02)))
    table = ground(rng, n) * (1 - 0.55 * shadow)
    inside = smoothstep(-1 / n, 1 / n, depth)
    return (table + (tone - table) * inside)[..., None] * np.array([1.0, 0.99, 0.96], np.float32)


def _bolt_outline(seed: int, n: int) -> np.ndarray:
    return np.asarray(_bolt_depth(*_bolt_frame(seed, n)) > 0)


SCENES: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "weave": lambda rng, n, seed: TEXTURES["fabric"](rng, n),
    "plate": lambda rng, n, seed: TEXTURES["metal"](rng, n),
    "cog": _cog,
    "bolt": _bolt,
}
_OUTLINES: dict[str, Callable[[int, int], np.ndarray]] = {"cog": _cog_outline, "bolt": _bolt_outline}
