"""Time mathref and the document's code, forward and backward, against PyTorch on one thread of the processor.

    python -m benchmarks.run                             measure all, write results.json, results.md and the pictures
    python -m benchmarks.run --report                    write results.md and the pictures again
    python -m benchmarks.run --alone NAME LAYER DTYPE    print the times of one contender, as JSON

What is compared has been found equal before. The contenders of a layer are warmed up and then take turns in rotating
order; the median of the CPU time counts. Besides, each is timed alone in a process of its own, since a fresh process
pays for memory that one warmed by the others has at hand.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import process_time

import numpy as np
import scipy
import threadpoolctl

from mathref import im2col

from benchmarks import report
from benchmarks.contenders import CONTENDERS
from benchmarks.forms import forms
from benchmarks.workloads import GEMM, LAYERS, gemm

DTYPES = {"float64": 1e-12, "float32": 1e-4}
"""How far two results may be apart, as a part of the largest entry."""

BATCHES = 4, 16, 64, 128
GROWING = "lenet2", "mid"
"""The sizes of a batch, and the layers that they are tried on."""

ROUNDS = 15
SECONDS = 0.05
"""One measurement repeats its pass at least this long, for the clock is coarse."""


def passes(layer, dtype, names=CONTENDERS):
    """Return a pass of each contender that has such a layer."""
    return {name: CONTENDERS[name][layer.kind](*layer.arrays(dtype)) for name in names if layer.kind in CONTENDERS[name]}


def compare(layer, dtype, runs):
    """Refuse to go on if a contender computes something else than PyTorch."""
    z, grad_a, dW, db = (result.detach().numpy() for result in runs["PyTorch"]())
    expected = {"z": z, "∇a": grad_a, "dW": dW / layer.N, "db": db / layer.N}
    for name in runs.keys() - {"PyTorch"}:
        for (what, true), found in zip(expected.items(), runs[name](), strict=True):
            if (found.shape, found.dtype) != (true.shape, dtype):
                raise SystemExit(f"{layer.name}: {what} of {name} is {found.dtype} of shape {found.shape}, "
                                 f"and PyTorch's is {dtype} of shape {true.shape}")
            apart = np.max(np.abs(found - true)) / np.max(np.abs(true))
            if not apart < DTYPES[dtype]:
                raise SystemExit(f"{layer.name}, {dtype}: {what} of {name} is {apart:.1e} away from PyTorch's")


def measure(runs):
    """Return the times of every run, one per round; the order rotates, so that none always follows the same."""
    repeats = {}
    for name, run in runs.items():
        seconds(run, 1)
        repeats[name] = 1 + int(SECONDS / max(seconds(run, 1), 1e-6))
    times, names = {name: [] for name in runs}, list(runs)
    for turn in range(ROUNDS):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(seconds(runs[name], repeats[name]))
    return times


def seconds(run, repeats):
    """Return the CPU time of one of `repeats` runs in a row."""
    start = process_time()
    for _ in range(repeats):
        run()
    return (process_time() - start) / repeats


def summary(times):
    """Return the median in seconds, and the part of it by which the quartiles lie apart."""
    low, middle, high = quantiles(times, n=4)
    return {"seconds": float(f"{middle:.4g}"), "spread": round((high - low) / middle, 3)}


def alone(name, layer, dtype):
    """Return the times of a contender in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.run", "--alone", name, layer.name, dtype]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def one_thread(names):
    """Keep every library to one thread."""
    if "PyTorch" in names:
        import torch
        torch.set_num_threads(1)
    threadpoolctl.threadpool_limits(1)


def machine():
    """Return what was measured on."""
    import torch
    blas = next(library for library in threadpoolctl.threadpool_info() if "numpy" in library["filepath"])
    return {
        "processor": processor(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(), "NumPy": np.__version__, "SciPy": scipy.__version__,
        "PyTorch": torch.__version__, "BLAS": f"{blas['internal_api']} {blas['version']}, {blas['architecture']} kernels",
    }


def processor():
    """Return the processor's name, with family and model where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return ", ".join([told.get("model name", platform.machine()),
                      *(f"{key} {told[key]}" for key in ("cpu family", "model") if key in told)])


def measure_forms(layer, dtype):
    """Return the times of the forms of a forward pass that the chapter prints, once all are found equal."""
    W, _, a_prev, _ = layer.arrays(dtype)
    runs = {name: partial(form, W, a_prev) for name, form in forms().items()}
    results = {name: run() for name, run in runs.items()}
    expected = results["portions"]
    for name, found in results.items():
        if (found.shape, found.dtype) != (expected.shape, expected.dtype) or \
                not np.max(np.abs(found - expected)) < DTYPES[dtype] * np.max(np.abs(expected)):
            raise SystemExit(f"{layer.name}, {dtype}: z of {name} is not that of mathref.im2col")
    return {name: summary(times) for name, times in measure(runs).items()}


def measure_growth(layer):
    """Return the time that mathref.im2col takes for each image of batches of several sizes."""
    runs = {}
    for N in BATCHES:
        batch = replace(layer, a_prev=(N, *layer.a_prev[1:]))
        runs[str(N)] = CONTENDERS["im2col"]["conv"](*batch.arrays("float64"))
    return {N: summary(times)["seconds"] / int(N) for N, times in measure(runs).items()}


def peak_memory(layer):
    """Return the memory that the way back of mathref.im2col takes beyond its arguments, with its results, in MiB."""
    W, _, a_prev, delta = layer.arrays("float64")
    tracemalloc.start()
    kept = im2col.input_gradient(W, delta), im2col.gradients(delta, a_prev)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return round(peak / 2**20, 1)


def bandwidth():
    """Return the bytes that a copy of an array much larger than the cache reads and writes in a nanosecond."""
    source = np.ones(2**24)
    target = np.empty_like(source)
    return round(2 * source.nbytes / median(measure({"copy": lambda: np.copyto(target, source)})["copy"]) / 1e9, 2)


def measure_everything():
    """Return the results: of every dtype the rate of GEMM, and of every layer the contenders, together and alone."""
    one_thread(CONTENDERS)
    results = {"machine": machine(), "rounds": ROUNDS, "gemm": {}, "bandwidth": bandwidth(), "layers": {}, "forms": {},
               "growth": {name: measure_growth(LAYERS[name]) for name in GROWING}, "memory": {"mid": peak_memory(LAYERS["mid"])}}
    for dtype in DTYPES:
        product, operations = gemm(dtype)
        results["gemm"][dtype] = round(operations / median(measure({"GEMM": product})["GEMM"]) / 1e9, 2)
        print(f"{dtype}: matrix product of n = {GEMM} at {results['gemm'][dtype]} GFLOP/s", flush=True)
        results["layers"][dtype], results["forms"][dtype] = {}, {}
        for layer in LAYERS.values():
            runs = passes(layer, dtype)
            compare(layer, dtype, runs)
            times = measure(runs)
            found = {name: summary(times[name]) | {"alone": summary(alone(name, layer, dtype))} for name in runs}
            results["layers"][dtype][layer.name] = found
            if layer.kind == "conv":
                results["forms"][dtype][layer.name] = measure_forms(layer, dtype)
            print(f"  {layer.name:8}" + "".join(f"{name:>12} {figures['seconds'] * 1e3:10.3f} ms"
                                                for name, figures in found.items()), flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("--alone", nargs=3, metavar=("NAME", "LAYER", "DTYPE"))
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    if arguments.alone:
        name, layer, dtype = arguments.alone
        one_thread([name])
        print(json.dumps(measure(passes(LAYERS[layer], dtype, [name]))[name]))
        return
    if not arguments.report:
        report.keep(measure_everything())
    else:
        report.write(report.kept())


if __name__ == "__main__":
    main()
