"""Draw what was measured: how fast the contenders are, how fast the forms of a forward pass, and these under their roof."""

from xml.etree import ElementTree

import matplotlib

from mathref import visual
from mathref.visual import picture

from benchmarks.forms import TITLES, intensity, operations
from benchmarks.ratios import number, ratio
from benchmarks.workloads import LAYERS

TEXT, MUTED, PAGE = (visual.COLOUR[name] for name in ("text", "muted", "page"))
CONVOLUTIONS = [name for name, layer in LAYERS.items() if layer.kind == "conv"]
MARKERS = dict(zip(TITLES, "svDo^"))


def inside(dtype, colour):
    """Return how a point of a dtype is filled: float64 is full, float32 is hollow."""
    return {"color": colour, "markerfacecolor": colour if dtype == "float64" else PAGE}


def speed(results):
    """Return the SVG: of each layer the times of all as multiples of PyTorch's, which are 1."""
    figure, ax = visual.axes(height=5.2)
    names = list(LAYERS)
    ax.axvline(1, color=TEXT, linewidth=1)
    ax.text(1, -0.8, "PyTorch", ha="center")
    for who, marker, colour in ("im2col", "D", TEXT), ("mathref", "o", TEXT), ("document", "s", MUTED):
        for dtype, lift in ("float64", -0.17), ("float32", 0.17):
            rows = [(ratio(results["layers"][dtype][name], who), row + lift) for row, name in enumerate(names)
                    if who in results["layers"][dtype][name]]
            ax.plot(*zip(*rows), marker, **inside(dtype, colour), markersize=7, label=f"{who}, {dtype}")
    of_rows(ax, names, "time as a multiple of PyTorch's; left is faster")
    found = results["layers"]["float64"]
    listed = "; ".join(f"{name}: " + ", ".join(f"{who} {number(ratio(found[name], who))}" for who in ("im2col", "mathref", "document")
                                               if who in found[name]) for name in LAYERS)
    return described(figure, "speed", "The time of a layer forward and backward, in mathref.im2col, in mathref and in the document's code "
                     "put right, as a multiple of the time PyTorch takes.",
                     f"One row for each layer, on a logarithmic axis. In float64, {listed}.")


def forms(results):
    """Return the SVG: of each layer the times of all forms of the forward pass as multiples of that of mathref.im2col."""
    figure, ax = visual.axes(height=4.8)
    ax.axvline(1, color=TEXT, linewidth=1)
    ax.text(1, -0.8, TITLES["portions"], ha="center")
    for name, title in TITLES.items():
        for dtype, lift in ("float64", -0.17), ("float32", 0.17):
            rows = [(ratio(results["forms"][dtype][layer], name, "portions"), row + lift) for row, layer in enumerate(CONVOLUTIONS)]
            if name != "portions":
                ax.plot(*zip(*rows), MARKERS[name], **inside(dtype, TEXT), markersize=7,
                        label=title if dtype == "float64" else None)
    ax.plot([], [], "o", **inside("float32", TEXT), markersize=7, label="hollow: float32")
    of_rows(ax, CONVOLUTIONS, "time as a multiple of mathref.im2col's")
    found = results["forms"]["float64"]
    listed = "; ".join(f"{layer}: " + ", ".join(f"{title} {number(ratio(found[layer], name, 'portions'))}"
                                                for name, title in TITLES.items() if name != "portions") for layer in CONVOLUTIONS)
    return described(figure, "forms", "The time of a forward pass in each form, as a multiple of the time of mathref.im2col.",
                     f"One row for each layer, on a logarithmic axis. In float64, {listed}.")


def of_rows(ax, names, label):
    """Finish a picture with a row for each layer."""
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    ax.grid(axis="x")
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, labelspacing=0.2)


def roofline(results, name="mid"):
    """Return the SVG: the forms of one layer by their intensity and their rate, under the limits of the machine."""
    figure, ax = visual.axes(height=4.8)
    reached = {}
    for dtype, dashes in ("float64", "solid"), ("float32", "dashed"):
        peak, slope = results["gemm"][dtype], results["bandwidth"]
        ax.plot([0.3, peak / slope, 200], [0.3 * slope, peak, peak], color=MUTED, linestyle=dashes)
        ax.text(220, peak, dtype, ha="left", va="center", color=MUTED)
        for form, title in TITLES.items():
            found = intensity(LAYERS[name], form, dtype)
            if found:
                reached[form, dtype] = found, operations(LAYERS[name]) / results["forms"][dtype][name][form]["seconds"] / 1e9
                ax.plot(*reached[form, dtype], MARKERS[form], **inside(dtype, TEXT), markersize=8,
                        label=title if dtype == "float64" else None)
    ax.text(0.6, 0.6 * results["bandwidth"] * 0.8, "memory", color=MUTED, ha="left", va="top")
    ax.text(200, results["gemm"]["float32"] * 1.15, "matrix product", color=MUTED, ha="right", va="bottom")
    ax.set(xscale="log", yscale="log", xlim=(0.3, 200), ylim=(None, 2 * results["gemm"]["float32"]), xlabel="operations for each byte",
           title="thousand million operations a second")
    for axis in ax.xaxis, ax.yaxis:
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.grid()
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, labelspacing=0.2)
    listed = "; ".join(f"{TITLES[form]}, {dtype}: intensity {number(found)}, rate {number(rate)}"
                       for (form, dtype), (found, rate) in reached.items())
    return described(figure, "roofline", f"The roofline of the machine, and the forms of the forward pass of the layer {name} under it.",
                     f"Both axes are logarithmic. The limit rises with the intensity, by {number(results['bandwidth'])} GB/s, and is flat at "
                     f"{number(results['gemm']['float64'])} in float64 and at {number(results['gemm']['float32'])} in float32. {listed}.")


def described(figure, name, title, description):
    """Return the SVG of a figure with its title and description, as drawings have them."""
    space = "{http://www.w3.org/2000/svg}"
    ElementTree.register_namespace("", space[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    with matplotlib.rc_context({"svg.hashsalt": name}):  # the same ids, so the same file, from the same results
        root = ElementTree.fromstring(visual.svg(figure))
    for tag, text in (("desc", description), ("title", title)):
        root.insert(0, ElementTree.Element(space + tag))
        root[0].text = text
    return ElementTree.tostring(root, encoding="unicode") + "\n"


DRAWN = {picture.DRAWINGS / f"{drawing.__name__}.svg": drawing for drawing in (speed, forms, roofline)}
