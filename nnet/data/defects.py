"""Defects of known place, size and contrast, painted onto any image together with their exact mask."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnet.data.errors import DataError
from nnet.data.noise import bumpy, generator, smooth_noise, smoothstep

FAINTEST = 0.1  # coverage below this is left out, so that the mask ends where the defect can be seen
GROUND_GAP = 30.0  # grey levels by which a part must differ from the image's border to lie on a ground of its own
DARK = 70.0  # mean level under which a surface counts as dark, and damage to it shows bright
LAMP = (-0.6, -0.8)  # direction to the lamp as (x, y): the upper left


@dataclass(frozen=True)
class Defect:
    """One defect.

    Attributes:
        kind: "scratch", "stain", "hole", "missing" (a piece broken out), "colour" (a shift of colour), "crack"
            or "scuff" (a rubbed place).
        x, y: the centre as a fraction of the width and of the height, 0..1.
        size: diameter of the circle that the defect fills (the length of a scratch), as a fraction of the image's
            shorter side, above 0 and up to 1.
        contrast: 0..1; 0 changes nothing, 1 is the defect at its strongest.
        angle: degrees, clockwise on the screen; 0 lays a scratch from left to right.
        seed: draws the outline and the kind of stain or colour.

    Raises:
        DataError: an unknown kind, or a number out of its range.
    """

    kind: str
    x: float = 0.5
    y: float = 0.5
    size: float = 0.2
    contrast: float = 0.8
    angle: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ALL_DEFECTS:
            raise DataError(f"There is no defect {self.kind!r}; choose one of {', '.join(ALL_DEFECTS)}.")
        for name in ("x", "y", "size", "contrast"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(f"The {name} of a defect must lie between 0 and 1, but it is {getattr(self, name)}.")
        if self.size == 0 or not math.isfinite(self.angle):
            raise DataError(f"A defect needs a size above 0 and a finite angle, not {self.size} and {self.angle}.")


@dataclass(frozen=True)
class Canvas:
    """The square around a defect, with one pixel's place in it. All arrays are (S, S) but for `patch`.

    Attributes:
        patch: float32 (S, S, 3), the image there, its edge continued outside the image.
        surface: bool (S, S), where the defect may lie.
        ground: float32 (3,), the median colour of the image's border.
        unevenness: the standard deviation along the border in grey levels.
        grey: True when the image has no colour.
        u, v: pixels from the centre along and across the defect's angle.
        across: rho / radius, 0 in the centre and 1 on the circle that bounds the defect.
        theta: angle in the (u, v) frame.
        facing: 1 for a surface that leans towards the lamp when it leans outwards there, -1 for one in its shade.
        radius: of the bounding circle in pixels.
        rng: seeded by kind and seed alone.
    """

    patch: np.ndarray
    surface: np.ndarray
    ground: np.ndarray
    unevenness: float
    grey: bool
    u: np.ndarray
    v: np.ndarray
    across: np.ndarray
    theta: np.ndarray
    facing: np.ndarray
    radius: float
    rng: np.random.Generator

    @property
    def level(self) -> np.ndarray:
        """Median colour of the surface under the defect, float32 (3,)."""
        under = (self.across <= 1) & self.surface
        return np.median(self.patch[under if under.any() else self.across <= 1], axis=0)

    @property
    def on_ground(self) -> bool:
        """True when the surface differs from the image's border, and by far more than the border differs in itself."""
        gap = float(np.abs(self.ground - self.level).mean())
        return gap > GROUND_GAP and gap > 3 * self.unevenness

    @property
    def dark(self) -> bool:
        """True when the surface under the defect is dark."""
        return float(self.level.mean()) < DARK


def paint_defect(
    image: np.ndarray, defect: Defect, *, within: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Paint `defect` onto a copy of `image`.

    No pixel outside the mask changes, and the mask lies inside the circle that `defect.size` states. The mask depends
    on the image's size only, not on its content, and on the contrast only in that it is empty at contrast 0. The same
    arguments give the same result. A grey image stays grey.

    Args:
        image: uint8 (H, W, 3).
        within: bool (H, W) to which the defect is confined, such as the part in the picture; None for all of it.

    Returns:
        The painted image, uint8 (H, W, 3), and the mask, bool (H, W).

    Raises:
        DataError: another dtype or shape.
    """
    _check(image, within)
    mask = np.zeros(image.shape[:2], dtype=bool)
    painted = image.copy()
    if defect.contrast == 0:
        return painted, mask
    canvas, inside, outside = _canvas(image, defect, within)
    cover, target = _PAINTERS[defect.kind](canvas)
    visible = (cover >= FAINTEST) & (canvas.across <= 1) & canvas.surface
    cover = np.where(visible, np.minimum(cover, 1), 0)[inside]
    patch, target = canvas.patch[inside], target[inside]
    mixed = patch + defect.contrast * cover[..., None] * (target - patch)
    painted[outside] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    mask[outside] = cover > 0
    return painted, mask


def _check(image: np.ndarray, within: np.ndarray | None) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise DataError(f"Expected an image as uint8 (H, W, 3), found {image.dtype} {image.shape}; decode it first.")
    if within is not None and (within.dtype != bool or within.shape != image.shape[:2]):
        raise DataError(f"Expected `within` as bool {image.shape[:2]}, found {within.dtype} {within.shape}.")


def _canvas(
    image: np.ndarray, defect: Defect, within: np.ndarray | None
) -> tuple[Canvas, tuple[slice, slice], tuple[slice, slice]]:
    """The square around the defect, its part that lies inside the image, and that part's place in the image."""
    height, width = image.shape[:2]
    radius = max(defect.size * min(height, width) / 2, 1.5)
    centre_y, centre_x = defect.y * height - 0.5, defect.x * width - 0.5
    reach = math.ceil(radius) + 2
    top, left = round(centre_y) - reach, round(centre_x) - reach
    rows, columns = np.arange(top, top + 2 * reach + 1), np.arange(left, left + 2 * reach + 1)
    nearest = np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
    dy, dx = (rows - centre_y).astype(np.float32)[:, None], (columns - centre_x).astype(np.float32)[None, :]
    turn = math.radians(defect.angle)
    u, v = dx * math.cos(turn) + dy * math.sin(turn), dy * math.cos(turn) - dx * math.sin(turn)
    rho = np.hypot(dx, dy)
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    canvas = Canvas(
        patch=image[nearest].astype(np.float32),
        surface=np.ones((rows.size, columns.size), bool) if within is None else within[nearest],
        ground=np.median(border, axis=0).astype(np.float32),
        unevenness=float(border.std(axis=0).mean()),
        grey=bool((image[..., :1] == image).all()),
        u=u,
        v=v,
        across=rho / radius,
        theta=np.arctan2(v, u),
        facing=(dx * LAMP[0] + dy * LAMP[1]) / np.maximum(rho, 1e-6),
        radius=radius,
        rng=generator("defect", defect.kind, defect.seed),
    )
    return canvas, *_overlap(rows, columns, height, width)


def _overlap(
    rows: np.ndarray, columns: np.ndarray, height: int, width: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    y = slice(max(0, rows[0]), min(height, rows[-1] + 1))
    x = slice(max(0, columns[0]), min(width, columns[-1] + 1))
    return (slice(y.start - rows[0], y.stop - rows[0]), slice(x.start - columns[0], x.stop - columns[0])), (y, x)


def _scratch(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A groove that bends a little and thins out, with the lit burr that a hard edge throws up beside it."""
    along = np.clip(c.u / c.radius, -1, 1)
    bend, wiggle = c.rng.normal(0, 0.07), c.rng.normal(0, 0.012, 9)
    course = c.radius * (bend * (along**2 - 0.4) + np.interp(along, np.linspace(-1, 1, 9), wiggle))
    pressure = np.interp(along, np.linspace(-1, 1, 15), c.rng.uniform(0.72, 1.0, 15))
    half = max(0.8, 0.030 * c.radius) * (0.45 + 0.55 * np.sqrt(1 - along**2))
    aside = c.v - course
    groove = smoothstep(1, 0, (np.abs(aside) - half + 0.7) / 1.4)
    burr = 0.75 * np.exp(-(((aside - 1.7 * half) / (0.55 * half + 0.35)) ** 2))
    ends = smoothstep(1.0, 0.93, np.abs(c.u) / c.radius)
    share = (burr / np.maximum(groove + burr, 1e-6))[..., None]
    deep = c.patch * 0.28 if not c.dark else c.patch + 0.45 * (255 - c.patch)
    lit = c.patch + 0.62 * (255 - c.patch)
    return np.maximum(groove, burr) * pressure * ends, deep * (1 - share) + lit * share


def _stain(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Dried oil, rust or dirty water: the surface shows through, the rim is darkest, a few drops lie around it."""
    tint = np.array([(0.46, 0.36, 0.25), (0.74, 0.42, 0.22), (0.52, 0.51, 0.50)][c.rng.integers(3)], np.float32)
    edge = c.across / (0.80 * np.clip(bumpy(c.rng, c.theta, 0.11, 2, 9), 0.5, 1.2))
    blotch = smooth_noise(c.rng, c.u.shape, (4, 4), 3)
    body = smoothstep(1.03, 0.90, edge + 0.02 * blotch) * np.clip(0.66 + 0.09 * blotch, 0.4, 0.9)
    rim = 0.34 * np.exp(-(((edge - 0.91) / 0.07) ** 2))
    cover = body + rim
    for angle, distance, size in c.rng.uniform((0, 0.72, 0.03), (2 * np.pi, 0.92, 0.07), (3, 3)):
        drop = np.hypot(c.u / c.radius - distance * np.cos(angle), c.v / c.radius - distance * np.sin(angle)) / size
        cover = np.maximum(cover, 0.8 * smoothstep(1.1, 0.7, drop))
    if c.grey:
        tint = np.full(3, tint.mean(), np.float32)
    target = c.patch * 0.55 + 110 * (tint / tint.max()) if c.dark else c.patch * tint
    return cover, target


def _hole(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A punched or torn hole: dark inside, the far wall lit, a pressed rim. Light shines through a dark surface's."""
    outline = 0.86 * np.clip(bumpy(c.rng, c.theta, 0.035, 2, 12), 0.6, 1.13)
    edge = c.across / outline
    width = max(0.05, 0.8 / c.radius)
    opening = smoothstep(1 + width, 1 - width, edge)
    wall = smoothstep(0.72, 1.0, edge) * np.clip(-c.facing, 0, 1)
    inside = 0.07 * c.level + 4 + 0.60 * c.level * wall[..., None]
    if c.dark:
        inside = 225 + 20 * wall[..., None] + 0 * c.patch
    rim = 0.55 * smoothstep(1.17, 1.03, edge)
    pressed = np.where((c.facing > 0)[..., None], c.patch * 0.62, c.patch + 0.45 * (255 - c.patch))
    cover = np.maximum(opening, rim)
    if c.grey:
        inside = inside.mean(axis=-1, keepdims=True) + 0 * c.patch
    return cover, pressed + (inside - pressed) * opening[..., None]


def _missing(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A piece broken out along flat faces. What lies behind shows: the ground of a part, else a dark cavity."""
    faces = c.rng.integers(5, 8)
    angles = (np.arange(faces) + c.rng.uniform(-0.28, 0.28, faces)) * 2 * np.pi / faces
    reaches = c.rng.uniform(0.66, 0.92, faces) * c.radius
    depths = np.stack(
        [reach - c.u * np.cos(angle) - c.v * np.sin(angle) for angle, reach in zip(angles, reaches, strict=True)]
    )
    jagged = 0.022 * c.radius * smooth_noise(c.rng, c.u.shape, (8, 8), 2)
    depth = np.minimum(depths.min(axis=0), (1 - c.across) * c.radius) + jagged
    chipped = smoothstep(-0.7, 0.7, depth)
    behind = c.ground if c.on_ground else np.where(c.dark, 0.5 * c.level + 90, 0.24 * c.level)
    grain = 0.03 * smooth_noise(c.rng, c.u.shape, (c.radius, c.radius))[..., None]
    shade = 1 - 0.45 * smoothstep(0.30 * c.radius, 0, depth) * np.clip(c.facing, 0, 1)
    floor = behind * (1 + grain) * shade[..., None]
    broken = smoothstep(0.12 * c.radius + 1.2, 0.2, depth)[..., None]
    face = c.level * (0.78 - 0.42 * c.facing)[..., None] * (1 + 2 * grain)
    return chipped, floor + (face - floor) * broken


def _colour(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A patch with soft edges whose colour is off, its texture untouched; a grey image gets lighter or darker."""
    power, squeeze = c.rng.uniform(2.2, 4.0), c.rng.uniform(0.55, 0.9)
    outline = np.clip(bumpy(c.rng, c.theta, 0.03, 2, 6), 0.7, 1.1)
    edge = ((np.abs(c.u) / 0.92) ** power + (np.abs(c.v) / (0.92 * squeeze)) ** power) ** (1 / power)
    gains = [(1.10, 0.93, 0.62), (0.74, 0.91, 1.14), (0.80, 1.03, 0.76), (1.06, 0.78, 0.84)]
    gain = np.array(gains[c.rng.integers(len(gains))], np.float32)
    if c.grey:
        gain = np.full(3, 0.62 if c.level.mean() > 120 else 1.5, np.float32)
    lift = 18.0 if c.dark else 0.0
    return smoothstep(1.0, 0.66, edge / (c.radius * outline)), np.clip((c.patch + lift) * gain, 0, 255)


def _crack(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A jagged line with a branch, thinning out towards its ends."""
    along = np.clip(c.u / c.radius, -1, 1)
    knots = np.linspace(-1, 1, 13)
    walk = np.cumsum(c.rng.normal(0, 0.09, knots.size))
    fork, slope = float(c.rng.uniform(-0.4, 0.2)), float(c.rng.choice((-1, 1)) * c.rng.uniform(0.35, 0.7))
    course = np.interp(along, knots, walk - walk.mean())
    branch = np.interp(fork, knots, walk - walk.mean()) + slope * (along - fork)
    branch += np.interp(along, knots, c.rng.normal(0, 0.03, knots.size))
    half = max(0.7, 0.022 * c.radius) * (0.4 + 0.6 * np.sqrt(1 - along**2))
    lines = [np.abs(c.v - c.radius * line) for line in (course, branch)]
    lines[1] = np.where((along < fork) | (along > 0.7), np.inf, lines[1])
    cover = smoothstep(1, 0, (np.minimum(*lines) - half + 0.7) / 1.4)
    target = c.patch + 0.5 * (255 - c.patch) if c.dark else c.patch * 0.2
    return cover * smoothstep(1.0, 0.93, np.abs(c.u) / c.radius), target


def _scuff(c: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """A rubbed place: many fine parallel lines that take the surface's gloss, with soft ends."""
    lines = np.interp(c.v / c.radius, np.linspace(-1, 1, 48), c.rng.standard_normal(48))
    body = smoothstep(1.0, 0.6, np.hypot(c.u / (0.95 * c.radius), c.v / (0.55 * c.radius)))
    bright = float(c.level.mean()) > 170
    target = c.patch * 0.6 if bright else c.patch + 0.45 * (235 - c.patch)
    return body * np.clip(0.55 + 0.35 * lines, 0.15, 1), target


_PAINTERS: dict[str, Callable[[Canvas], tuple[np.ndarray, np.ndarray]]] = {
    "scratch": _scratch,
    "stain": _stain,
    "hole": _hole,
    "missing": _missing,
    "colour": _colour,
    "crack": _crack,
    "scuff": _scuff,
}
ALL_DEFECTS = tuple(_PAINTERS)
DEFECT_KINDS = ALL_DEFECTS[:5]  # that Inspect offers and the first synthetic sets have
