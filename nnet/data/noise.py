"""Seeded noise from which textures and defects are made. Arrays are float32 (H, W)."""

import zlib

import numpy as np
from PIL import Image


def generator(*parts: int | str) -> np.random.Generator:
    """A random generator that depends on all parts and on nothing else."""
    return np.random.default_rng([zlib.crc32(str(part).encode()) for part in parts])


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float], octaves: int = 1
) -> np.ndarray:
    """Smooth noise with mean 0 and standard deviation about 1.

    Args:
        cells: how many bumps fit along the height and along the width; unequal numbers stretch the bumps.
        octaves: layers, each twice as fine and half as strong as the one before.
    """
    total, weight = np.zeros(shape, np.float32), 0.0
    for octave in range(octaves):
        rows, columns = (max(2, round(count * 2**octave)) + 1 for count in cells)
        grid = rng.standard_normal((rows, columns)).astype(np.float32)
        strength = 0.5**octave
        total += strength * np.asarray(Image.fromarray(grid).resize(shape[::-1], Image.Resampling.BICUBIC))
        weight += strength**2
    # Interpolation between independent grid values leaves about two thirds of their deviation.
    return total / np.float32(0.66 * np.sqrt(weight))


def streaks(rng: np.random.Generator, shape: tuple[int, int], sigma: tuple[float, float]) -> np.ndarray:
    """White noise blurred by a Gaussian of `sigma` (rows, columns) pixels; mean 0, standard deviation 1. It wraps."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    fy = np.fft.fftfreq(shape[0])[:, None] * sigma[0]
    fx = np.fft.rfftfreq(shape[1])[None, :] * sigma[1]
    spectrum *= np.exp(-2 * np.pi**2 * (fy**2 + fx**2))
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, shape).astype(np.float32)
    return noise / noise.std()


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, a cubic in between; `low` may be the larger one, which turns it round."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bumpy(rng: np.random.Generator, theta: np.ndarray, strength: float, lowest: int, highest: int) -> np.ndarray:
    """A closed outline's relative radius: 1 plus harmonics `lowest`..`highest` of the angle, fading with frequency."""
    radius = np.ones_like(theta)
    for harmonic in range(lowest, highest + 1):
        amplitude = strength * rng.standard_normal() / harmonic**0.8
        radius += amplitude * np.cos(harmonic * theta + rng.uniform(0, 2 * np.pi))
    return radius
