"""Write what was measured as a table, and as the pictures that a chapter shows with `visual.drawing`."""

import json
from pathlib import Path
from statistics import geometric_mean

from benchmarks import pages
from benchmarks.forms import TITLES
from benchmarks.pictures import DRAWN
from benchmarks.ratios import number, ratio
from benchmarks.workloads import GEMM, LAYERS

RESULTS = Path(__file__).parent / "results.json"
TABLE = Path(__file__).parent / "results.md"

# What is aimed at. Times are multiples of PyTorch's.
FASTER_THAN_THE_DOCUMENT = {"mathref": 3, "im2col": 10}
"""On each layer but tiny."""
FASTER_ON_AVERAGE = 30
AVERAGE, LARGEST = {"float64": 0.8, "float32": 0.7}, {"float64": 1.3, "float32": 1.6}
AVERAGE_ALONE = 1.0
OF_GEMM = 0.6
GROWTH = 0.25
MEMORY = 30
MODULE = {"mathref": "mathref.conv", "im2col": "mathref.im2col"}
TIE = 1.1
"""How far two times may be apart and count as equal."""


def kept():
    """Return all that was measured last."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def keep(found):
    """Put parts of the results in the place of what was measured of them before, and write all of them."""
    results = kept() | found
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write(results)


def write(results):
    """Write the table and the picture, and print the table."""
    text = table(results)
    TABLE.write_text(text, encoding="utf-8")
    for path, drawing in DRAWN.items():
        path.write_text(drawing(results), encoding="utf-8")
    print(text)


# The table

def table(results):
    """Return the table in Markdown."""
    host, gemm = results["machine"], results["gemm"]
    return "\n".join([
        "# How fast the equations are",
        "",
        "Written by `make bench`. A layer forward and backward (z, ∇a, ∂C/∂W, ∂C/∂b) on one thread, as a multiple of the time "
        "that PyTorch takes (`conv2d` or `linear`, and autograd): **below 1 is faster than PyTorch**. *im2col* is "
        "`mathref.im2col`, *mathref* is `mathref.conv` and `mathref.dense`; *document* is the code of the source document with its errors put right, "
        "three loops around SciPy's `correlate2d`, or for the `fc` layers its three products of matrices.",
        "",
        "Every result was compared with PyTorch's before anything was timed. The contenders took turns for "
        f"{results['rounds']} rounds in rotating order, and the median of the CPU time counts; in brackets is by what part of it the "
        "quartiles lie apart. *Alone* is the same with each contender in a process of its own, where memory is not yet at hand.",
        "",
        f"Measured on {host['processor']}, {host['cores']} cores, {host['system']}; Python {host['Python']}, NumPy "
        f"{host['NumPy']} on {host['BLAS']}, SciPy {host['SciPy']}, PyTorch {host['PyTorch']}.",
        *(line for dtype in results["layers"] for line in part(results, dtype)),
        "",
        "## The forms of the forward pass",
        "",
        "What the chapter on fast convolution prints, timed as it stands there.",
        *forms(results),
        "",
        "## What was aimed at",
        "",
        *targets(results),
        "",
        "## The layers",
        "",
        f"Stride 1, no padding. The ceiling, \"of GEMM\", is the product of two matrices of {GEMM} rows and columns on the same "
        f"thread, {gemm['float64']:.0f} GFLOP/s in float64 and {gemm['float32']:.0f} in float32; it counts the operations that the "
        "mathematics needs, not those with the zeros of the frame, and is given for im2col where there is one. A copy of a large array "
        f"reads and writes {results['bandwidth']:.0f} GB/s.",
        "",
        "| layer | what comes in | weights |",
        "|---|---|---|",
        *(f"| {layer.name} | {layer.a_prev} | {layer.W} |" for layer in LAYERS.values()),
        *pages.sections(results),
        "",
    ])


def part(results, dtype):
    """Yield the lines of one dtype."""
    yield from ["", f"## {dtype}", "",
                "| layer | im2col / PyTorch | mathref / PyTorch | document / PyTorch | document / im2col | document / mathref | "
                "alone: im2col / PyTorch | alone: mathref / PyTorch | alone: document / PyTorch | PyTorch | of GEMM |",
                "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for name, found in results["layers"][dtype].items():
        fastest = "im2col" if "im2col" in found else "mathref"
        yield "| " + " | ".join([
            name,
            *(f"**{number(ratio(found, who))}** ({found[who]['spread']:.0%})" if who in found else ""
              for who in ("im2col", "mathref", "document")),
            *(f"**{number(ratio(found, 'document', who))}**" if who in found else "" for who in ("im2col", "mathref")),
            *(number(ratio(found, who, alone=True)) if who in found else "" for who in ("im2col", "mathref", "document")),
            f"{number(found['PyTorch']['seconds'] * 1e3)} ms ({found['PyTorch']['spread']:.0%})",
            f"{rate(results, dtype, name, fastest):.0%}",
        ]) + " |"


def rate(results, dtype, name, who):
    """Return the part of GEMM's rate that a contender reaches on a layer."""
    return LAYERS[name].operations / results["layers"][dtype][name][who]["seconds"] / 1e9 / results["gemm"][dtype]


def forms(results):
    """Yield the lines on the forms of a forward pass."""
    for dtype, layers in results["forms"].items():
        yield from ["", f"Forward alone, {dtype}, as multiples of the time of `mathref.im2col`:", "",
                    f"| layer | {' | '.join(TITLES.values())} |", f"|---|{'--:|' * len(TITLES)}"]
        for name, found in layers.items():
            yield f"| {name} | " + " | ".join(number(ratio(found, form, "portions")) for form in TITLES) + " |"


def targets(results):
    """Yield what each target has come to."""
    for dtype, layers in results["layers"].items():
        convolutions = {name: found for name, found in layers.items() if LAYERS[name].kind == "conv"}
        yield from against_pytorch(convolutions, dtype)
        for who, least in FASTER_THAN_THE_DOCUMENT.items():
            reached = {name: ratio(found, "document", who) for name, found in convolutions.items() if name != "tiny"}
            worst = min(reached, key=reached.get)
            yield (f"- `{MODULE[who]}`, {dtype}, at least {least} times as fast as the document's code on each layer but tiny: "
                   f"{verdict(reached[worst] >= least)}, {number(reached[worst])} times on {worst}, "
                   f"{number(max(reached.values()))} times at best.")
        mean = geometric_mean(reached.values())
        yield (f"- `mathref.im2col`, {dtype}, at least {FASTER_ON_AVERAGE} times as fast as the document's code in the geometric mean of "
               f"these: {verdict(mean >= FASTER_ON_AVERAGE)}, {number(mean)} times.")
        reached = {name: ratio(found, "mathref") for name, found in layers.items() if LAYERS[name].kind == "dense"}
        worst = max(reached, key=reached.get)
        yield (f"- `mathref.dense`, {dtype}, at most PyTorch's time, a tenth more being a tie: {verdict(reached[worst] <= TIE)}, "
               f"{number(reached[worst])} times it on {worst}.")
    part_of_gemm = rate(results, "float64", "mid", "im2col")
    yield (f"- `mathref.im2col`, float64, at least {OF_GEMM:.0%} of the rate of GEMM on mid: {verdict(part_of_gemm >= OF_GEMM)}, "
           f"{part_of_gemm:.0%}.")
    for name, found in results["growth"].items():
        apart = max(found.values()) / min(found.values()) - 1
        sizes = " to ".join(list(found)[i] for i in (0, -1))
        yield (f"- `mathref.im2col`, {name}, the time for an image the same within {GROWTH:.0%} for batches of {sizes}: "
               f"{verdict(apart <= GROWTH)}, {apart:.0%} apart.")
    for name, peak in results["memory"].items():
        yield (f"- `mathref.im2col`, {name}, at most {MEMORY} MiB for the way back, results included: {verdict(peak <= MEMORY)}, "
               f"{peak:.0f} MiB.")


def against_pytorch(layers, dtype):
    """Yield what `mathref.im2col` comes to beside PyTorch."""
    reached = {name: ratio(found, "im2col") for name, found in layers.items()}
    mean, worst = geometric_mean(reached.values()), max(reached, key=reached.get)
    yield (f"- `mathref.im2col`, {dtype}, at most {AVERAGE[dtype]} times PyTorch's time in the geometric mean: "
           f"{verdict(mean <= AVERAGE[dtype])}, {mean:.2f} times.")
    yield (f"- `mathref.im2col`, {dtype}, at most {LARGEST[dtype]} times PyTorch's time on each layer: "
           f"{verdict(reached[worst] <= LARGEST[dtype])}, {reached[worst]:.2f} times on {worst}.")
    mean = geometric_mean(ratio(found, "im2col", alone=True) for found in layers.values())
    yield (f"- `mathref.im2col`, {dtype}, each alone, at most {AVERAGE_ALONE} times PyTorch's time in the geometric mean: "
           f"{verdict(mean <= AVERAGE_ALONE)}, {mean:.2f} times.")


def verdict(reached):
    return "reached" if reached else "**missed**"
