"""Write what was measured of the pages as sections of the table: how fast figures repaint, and what Lighthouse says."""

REPAINT = {1: 8, 4: 16}
"""Milliseconds in which 95 of 100 moves of the largest figures have to be painted, by how much slower the processor is made."""

AT_LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 95}
LESS_THAN = {"shift": 0.02}
AT_MOST = {"first": 250, "next": 60}


def sections(results):
    """Yield the lines on figures and pages, of what of it has been measured."""
    if "repaint" in results:
        yield from ["", *repaint(results["repaint"])]
    if "lighthouse" in results:
        yield from ["", *lighthouse(results["lighthouse"])]


def repaint(measured):
    yield from [
        "## How fast the figures follow", "",
        "The milliseconds that a drag by one step costs the page's own thread, listeners, style, layout and paint, with the figure on a "
        "page of many formulas. *4 ×* is Chromium's throttling to a quarter of the speed. The first rows tell the least that a move costs "
        "here: it changes one number, and nothing else is in the page.", "",
        "| figure | | slower | median | p95 | largest |", "|---|---|--:|--:|--:|--:|"]
    for row in measured:
        yield (f"| {row['figure']} | {row['state']} | {row['rate']} × | {row['median']:.1f} | **{row['p95']:.1f}** | "
               f"{row['largest']:.1f} |")
    yield ""
    for row in measured:
        if row["target"]:
            limit = REPAINT[row["rate"]]
            yield (f"- `{row['figure']}`, {row['state']}, {row['rate']} × slower, p95 at most {limit} ms: "
                   f"{verdict(row['p95'] <= limit)}, {row['p95']:.1f} ms.")


def lighthouse(measured):
    runs = "one run each" if measured["rounds"] == 1 else f"the median of {measured['rounds']} runs"
    yield from [
        "## What Lighthouse says", "",
        f"Lighthouse {measured['version']} on its slow phone (a mobile network, a processor 4 × slower), the pages gzipped; "
        f"{runs}. It rates this machine's processor at {measured['index']:.0f}, and a score of performance means "
        "little where that is below 1000. *First* is all that a first visit fetches, *next* what the page fetches when the "
        "chapter before it has been read, in KB of 1024 bytes.", "",
        "| chapter | performance | accessibility | best practices | SEO | largest paint | blocked | shift | first | next |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for chapter, found in measured["pages"].items():
        yield "| " + " | ".join([chapter, *(str(found[name]) for name in AT_LEAST), f"{found['paint']:.1f} s",
                                 f"{found['blocked']:.0f} ms", f"{found['shift']:.3f}", f"{found['first']:.0f} KB",
                                 f"{found['next']:.0f} KB"]) + " |"
    yield ""
    for words, limits, misses in (("at least", AT_LEAST, lambda x, limit: x < limit), ("below", LESS_THAN, lambda x, limit: x >= limit),
                                  ("at most", AT_MOST, lambda x, limit: x > limit)):
        for name, limit in limits.items():
            missed = [chapter for chapter, found in measured["pages"].items() if misses(found[name], limit)]
            yield f"- {name}, {words} {limit}: {verdict(not missed)}{' on ' + ', '.join(missed) if missed else ' on every chapter'}."


def verdict(reached):
    return "reached" if reached else "**missed**"
