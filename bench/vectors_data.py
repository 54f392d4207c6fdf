"""Vectors for the benches: clusters on a manifold of 24 dimensions with noise, as embeddings are."""
import multiprocessing

import numpy as np


def make(path, rows, seed, dimensions=512, copies=0):
    """Writes `rows` float32 vectors; the last `copies` are earlier rows with next to no noise."""
    fixed, rng = np.random.default_rng(1), np.random.default_rng(seed)
    centres = fixed.normal(size=(50, 24))
    mix = (fixed.normal(size=(24, dimensions)) / 5).astype("f4")
    out = np.lib.format.open_memmap(path, mode="w+", dtype="f4", shape=(rows, dimensions))
    for begin in range(0, rows, 50_000):
        count = min(50_000, rows - begin)
        place = centres[rng.integers(0, 50, count)] + rng.normal(size=(count, 24)) * .5
        out[begin:begin + count] = place.astype("f4") @ mix + rng.normal(size=(count, dimensions)).astype("f4") * .05
    if copies:
        source = rng.integers(0, rows - copies, copies)
        out[rows - copies:] = out[source] + rng.normal(size=(copies, dimensions)).astype("f4") * .001
    out.flush()


def apart(function, *arguments, **named):
    """Runs it in a process of its own, for a child's peak memory starts from its parent's."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, arguments, named)
