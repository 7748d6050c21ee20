"""Time a fully connected layer, forward and backward, against the matrix product of this machine.

Forward, error of the layer below and gradients are three matrix products and little else, so the rate of one large
product (GEMM, n = 1024) is the ceiling. One thread; every workload is warmed up; then all take turns in rotating order
for 15 rounds, and the median of the CPU time counts.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")  # before NumPy loads its BLAS

from statistics import median, quantiles
from time import process_time

import numpy as np

from mathref import activations, dense

ROUNDS = 15
SECONDS = 0.05  # one measurement repeats its workload at least this long, for the clock is coarse
LAYERS = {"784 -> 128, batch 64": (784, 128, 64), "1024 -> 1024, batch 256": (1024, 1024, 256)}
GEMM = 1024


def gemm(dtype):
    """Return the matrix product that sets the ceiling, and its number of floating-point operations."""
    a, b = np.random.default_rng(0).normal(size=(2, GEMM, GEMM)).astype(dtype)
    return lambda: a @ b, 2 * GEMM**3


def layer(n_prev, n, N, dtype):
    """Return one forward and backward pass through a layer, and the operations of its three matrix products."""
    rng = np.random.default_rng(0)
    W, b, a_prev, z_prev, delta = (rng.normal(size=shape).astype(dtype)
                                   for shape in [(n, n_prev), (n, 1), (n_prev, N), (n_prev, N), (n, N)])

    def forward_and_backward():
        dense.forward(W, b, a_prev)
        dense.hidden_delta(W, delta, z_prev, activations.sigmoid)
        dense.gradients(delta, a_prev)

    return forward_and_backward, 3 * 2 * n * n_prev * N


def seconds(run, repeats):
    """Return the CPU time of one of `repeats` runs in a row."""
    start = process_time()
    for _ in range(repeats):
        run()
    return (process_time() - start) / repeats


def measure(workloads):
    """Return the times of every workload, one per round; the order rotates, so that none always follows the same."""
    repeats = {name: 1 + int(SECONDS / max(seconds(run, 1), 1e-6)) for name, (run, _) in workloads.items()}
    times, names = {name: [] for name in workloads}, list(workloads)
    for turn in range(ROUNDS):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(seconds(workloads[name][0], repeats[name]))
    return times


def main():
    """Print the table."""
    print(f"{'':26}{'median':>12}{'spread':>9}{'rate':>15}{'of GEMM':>10}")
    for dtype in ("float64", "float32"):
        workloads = {f"GEMM n = {GEMM}": gemm(dtype)}
        workloads |= {name: layer(*sizes, dtype) for name, sizes in LAYERS.items()}
        for run, _ in workloads.values():
            run()
        times = measure(workloads)
        rates = {name: workloads[name][1] / median(times[name]) / 1e9 for name in workloads}
        ceiling = rates[f"GEMM n = {GEMM}"]
        print(dtype)
        for name, rate in rates.items():
            low, _, high = quantiles(times[name], n=4)
            middle = median(times[name])
            print(f"  {name:24}{middle * 1e3:9.2f} ms{(high - low) / middle:8.0%}{rate:8.1f} GFLOP/s{rate / ceiling:9.0%}")


if __name__ == "__main__":
    main()
