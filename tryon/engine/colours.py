"""Colours as people see them."""

from __future__ import annotations

import numpy as np

from tryon.engine.arrays import Array

XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175],
                [0.0193339, 0.119192, 0.9503041]]) / [[0.95047], [1.0], [1.08883]]  # fmt: skip


def lab(rgb: Array) -> Array:
    """sRGB of 0..255 as CIE L*a*b*, in which distances are as people see them."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ XYZ.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)
