"""Write what was measured as a table and as a picture that a chapter shows with `visual.drawing("speed")`."""

import json
from pathlib import Path
from xml.etree import ElementTree

import matplotlib

from mathref import visual
from mathref.visual import picture

from benchmarks import pages
from benchmarks.workloads import GEMM, LAYERS

RESULTS = Path(__file__).parent / "results.json"
TABLE = Path(__file__).parent / "results.md"
PICTURE = picture.DRAWINGS / "speed.svg"

FASTER_THAN_THE_DOCUMENT = 3
"""What `mathref.conv` has to reach on each layer but tiny."""

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
    PICTURE.write_text(drawing(results), encoding="utf-8")
    print(text)


def ratio(found, name, other="PyTorch", alone=False):
    """Return the time of one contender as a multiple of another one's."""
    top, bottom = (found[who]["alone"] if alone else found[who] for who in (name, other))
    return top["seconds"] / bottom["seconds"]


# The table

def table(results):
    """Return the table in Markdown."""
    host, gemm = results["machine"], results["gemm"]
    return "\n".join([
        "# How fast the equations are",
        "",
        "Written by `make bench`. A layer forward and backward (z, ∇a, ∂C/∂W, ∂C/∂b) on one thread, as a multiple of the time "
        "that PyTorch takes (`conv2d` or `linear`, and autograd): **below 1 is faster than PyTorch**. *mathref* is "
        "`mathref.conv` and `mathref.dense`; *document* is the code of the source document with its errors put right, "
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
        "## What was aimed at",
        "",
        *targets(results),
        "",
        "## The layers",
        "",
        f"Stride 1, no padding. The ceiling, \"of GEMM\", is the product of two matrices of {GEMM} rows and columns on the same "
        f"thread, {gemm['float64']:.0f} GFLOP/s in float64 and {gemm['float32']:.0f} in float32; it counts the operations that the "
        "mathematics needs, not those with the zeros of the frame.",
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
                "| layer | mathref / PyTorch | document / PyTorch | document / mathref | alone: mathref / PyTorch | "
                "alone: document / PyTorch | PyTorch | mathref, of GEMM |",
                "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name, found in results["layers"][dtype].items():
        rate = LAYERS[name].operations / found["mathref"]["seconds"] / 1e9
        yield "| " + " | ".join([
            name,
            f"**{number(ratio(found, 'mathref'))}** ({found['mathref']['spread']:.0%})",
            f"**{number(ratio(found, 'document'))}** ({found['document']['spread']:.0%})",
            f"**{number(ratio(found, 'document', 'mathref'))}**",
            number(ratio(found, "mathref", alone=True)),
            number(ratio(found, "document", alone=True)),
            f"{number(found['PyTorch']['seconds'] * 1e3)} ms ({found['PyTorch']['spread']:.0%})",
            f"{rate / results['gemm'][dtype]:.0%}",
        ]) + " |"


def targets(results):
    """Yield what each target has come to."""
    for dtype, layers in results["layers"].items():
        reached = {name: ratio(found, "document", "mathref") for name, found in layers.items()
                   if LAYERS[name].kind == "conv" and name != "tiny"}
        worst = min(reached, key=reached.get)
        yield (f"- `mathref.conv`, {dtype}, at least {FASTER_THAN_THE_DOCUMENT} times as fast as the document's code on each layer "
               f"but tiny: {verdict(reached[worst] >= FASTER_THAN_THE_DOCUMENT)}, {number(reached[worst])} times on {worst}, "
               f"{number(max(reached.values()))} times at best.")
        reached = {name: ratio(found, "mathref") for name, found in layers.items() if LAYERS[name].kind == "dense"}
        worst = max(reached, key=reached.get)
        yield (f"- `mathref.dense`, {dtype}, at most PyTorch's time, a tenth more being a tie: {verdict(reached[worst] <= TIE)}, "
               f"{number(reached[worst])} times it on {worst}.")


def verdict(reached):
    return "reached" if reached else "**missed**"


def number(value):
    """Return a number with two digits that count, and no more than the figures bear."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"


# The picture

def drawing(results):
    """Return the SVG: of each layer the times of both as multiples of PyTorch's, which are 1."""
    figure, ax = visual.axes(height=4.6)
    names = list(LAYERS)
    ax.axvline(1, color=visual.COLOUR["text"], linewidth=1)
    ax.text(1, -0.8, "PyTorch", ha="center")
    for who, marker, colour in ("mathref", "o", visual.COLOUR["text"]), ("document", "s", visual.COLOUR["muted"]):
        for dtype, lift, inside in ("float64", -0.17, colour), ("float32", 0.17, visual.COLOUR["page"]):
            ratios = [ratio(results["layers"][dtype][name], who) for name in names]
            ax.plot(ratios, [row + lift for row in range(len(names))], marker, color=colour, markerfacecolor=inside,
                    markersize=7, label=f"{who}, {dtype}")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel("time as a multiple of PyTorch's; left is faster")
    ax.grid(axis="x")
    ax.legend(frameon=False, loc="lower right", labelspacing=0.2)
    with matplotlib.rc_context({"svg.hashsalt": "speed"}):  # the same ids, so the same file, from the same results
        return described(visual.svg(figure), *words(results))


def words(results):
    """Return the title and the description of the picture."""
    found = results["layers"]["float64"]
    listed = "; ".join(f"{name}: mathref {number(ratio(found[name], 'mathref'))}, document "
                       f"{number(ratio(found[name], 'document'))}" for name in LAYERS)
    return ("The time of a layer forward and backward, in mathref and in the document's code put right, as a multiple of "
            "the time PyTorch takes.", f"One row for each layer, on a logarithmic axis. In float64, {listed}.")


def described(svg, title, description):
    """Return the SVG with its title and description, as drawings have them."""
    space = "{http://www.w3.org/2000/svg}"
    ElementTree.register_namespace("", space[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    for tag, text in (("desc", description), ("title", title)):
        root.insert(0, ElementTree.Element(space + tag))
        root[0].text = text
    return ElementTree.tostring(root, encoding="unicode") + "\n"
