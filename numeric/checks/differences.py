"""Derivatives by extrapolated central differences: for code of which nothing is known but its values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

LEVELS = 4  # steps h, h/2, h/4, h/8: the error of the method is O(h^8)
MARGIN = 8  # times the noise is allowed: two slopes can lie nearer to each other than to the truth, rarely eight times
OTHER = 0.7  # the second table starts at 0.7 h: its rounding and truncation differ from the first's


def richardson(f: Callable[[float], float], h: float, levels: int = LEVELS) -> float:
    """f'(0): central differences at h, h/2, … extrapolated to h = 0 (Richardson's table, the last corner)."""
    row = [(f(h / 2**k) - f(-h / 2**k)) / (2 * h / 2**k) for k in range(levels)]
    for order in range(1, levels):
        factor = 4.0**order
        row = [(factor * finer - coarser) / (factor - 1) for coarser, finer in pairwise(row)]
    return float(row[0])


def slope_with_noise(f: Callable[[float], float], h: float, levels: int = LEVELS) -> tuple[float, float]:
    """f'(0) and its noise: how far the results of two first steps, h and 0.7 h, lie apart."""
    first, second = richardson(f, h, levels), richardson(f, OTHER * h, levels)
    noise = abs(first - second)
    return (first, noise) if np.isfinite(noise) else (first, np.inf)
