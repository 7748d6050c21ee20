"""Make notebooks/ out of book/: what is stale is executed again, the rest is left alone.

    python -m publishing.notebooks            bring every notebook up to date
    python -m publishing.notebooks --check    name what is stale, and exit with 1 if anything is
    python -m publishing.notebooks --commit   bring every notebook up to date, and exit with 1 if one has yet to be added

A notebook is stale when the hash that it carries is not the hash of what it is made from. Two runs write the same bytes:
no clock, path, address or random id gets into a notebook.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from mathref.engine import registry
from mathref.engine.errors import EquationError
from publishing import checks, digits, variants
from publishing.figures import stable_ids
from publishing.fingerprint import fingerprint
from publishing.needs import how_to_install, missing, needed, requirements
from publishing.toc import stems

ROOT = Path(__file__).resolve().parent.parent

SHARED = ("mathref", "requirements.txt", "publishing/notebooks.py", "publishing/figures.py")
"""What every notebook is made from, beside its own source."""

CELL_SECONDS = 120
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}
COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")

_FORKSERVER = get_context("forkserver")  # a mere fork would inherit what the caller runs, a JavaScript engine for one
_FORKSERVER.set_forkserver_preload(["jupytext", "nbclient", "publishing.checks"])


class ChapterError(Exception):
    """A chapter cannot be made; the message says which, where, and why."""


def read_chapters(root):
    """Return the chapters of book/ as notebooks without outputs, by stem, in the order of `_toc.yml`.

    Raises
    ------
    ChapterError
        If book/ and `_toc.yml` do not name the same chapters.
    """
    order, sources = stems(root), {path.stem: path for path in (root / "book").glob("*.md")}
    if set(order) != set(sources):
        raise ChapterError(f"_toc.yml and book/ do not agree about: {', '.join(sorted(set(order) ^ set(sources)))}")
    return {stem: jupytext.read(sources[stem], fmt="md:myst") for stem in order}


def record(chapters):
    """Write down what is worked out from the sources of all chapters and read by them or by their pages.

    This and `digits.record` are the places for such results. They run before any chapter, so that what is written into
    mathref/ is an ingredient of the notebooks like any other.
    """
    registry.collect(chapters, list(chapters))


def made_from(root, stem):
    """Return the hash of everything that goes into one notebook."""
    source = root / "book" / f"{stem}.md"
    return fingerprint(root, (f"book/{stem}.md", *SHARED, *map(requirements, needed(source, root))))


def is_stale(root, stem):
    """Say whether a notebook is missing or was made from something else than what is there now."""
    path = root / "notebooks" / f"{stem}.ipynb"
    if not path.exists():
        return True
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("book", {}).get("made_from") != made_from(root, stem)


def leftovers(root, chapters):
    """Return the notebooks whose source is gone."""
    return sorted(path for path in (root / "notebooks").glob("*.ipynb") if path.stem not in chapters)


def make(root, stem):
    """Execute one chapter and return the text of its notebook.

    Raises
    ------
    ChapterError
        If a cell fails that should not, or does not fail where it should.
    """
    notebook = jupytext.read(root / "book" / f"{stem}.md", fmt="md:myst")
    execute(notebook, stem, root / "notebooks")
    normalise(notebook, stem)
    notebook.metadata["book"] = {"made_from": made_from(root, stem)}
    nbformat.validate(notebook)
    return nbformat.writes(notebook, sort_keys=True) + "\n"


def execute(notebook, stem, folder):
    """Run every cell of a notebook in a kernel started in `folder`, and keep outputs and widget state in it."""
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name=KERNELSPEC["name"], record_timing=False,
                            coalesce_streams=True, resources={"metadata": {"path": str(folder)}},
                            extra_arguments=["--log-level=ERROR"])
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells, start=1):
            try:
                client.execute_cell(cell, number - 1)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise ChapterError(_describe(stem, number, cell, error)) from None
            if "raises-exception" in cell.metadata.get("tags", []) and not _error_of(cell):
                raise ChapterError(_describe(stem, number, cell, "is tagged raises-exception and raised nothing"))
        client.set_widgets_metadata()


def normalise(notebook, stem):
    """Take out of an executed notebook, in place, all that differs between two runs or two machines."""
    count = 0
    for position, cell in enumerate(notebook.cells):
        cell.id = f"{stem}-{position}"
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        if {"setup", "question"} & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            output.pop("transient", None)
            if output.output_type == "execute_result":
                output.execution_count = count
            if output.output_type == "error" and any("Traceback (most recent call last)" in line for line in output.traceback):
                # Frames name files and lines of one machine; a reader needs what went wrong.
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = KERNELSPEC
    notebook.metadata["language_info"] = LANGUAGE
    stable_ids(notebook)


def _error_of(cell):
    return next((output for output in cell.get("outputs", []) if output.output_type == "error"), None)


def _describe(stem, number, cell, error):
    first_line = cell.source.strip().split("\n", 1)[0]
    output = _error_of(cell)
    reason = COLOUR_CODES.sub("", "\n".join(output.traceback)) if output else str(error)
    return f"book/{stem}.md, cell {number}: {first_line}\n\n{reason}"


def bring_up_to_date(root, everything=False):
    """Execute the stale chapters, two at a time, and write their notebooks; return what went wrong.

    A stale chapter that runs a package which is not installed is left as it is, and that is said.

    Returns
    -------
    list of ChapterError
    """
    chapters = read_chapters(root)
    record(chapters)
    digits.record(root, chapters)
    folder = root / "notebooks"
    folder.mkdir(exist_ok=True)
    for path in leftovers(root, chapters):
        print(f"  {path.stem}: its source is gone, removed", flush=True)
        path.unlink()
    stale = [stem for stem in chapters if everything or is_stale(root, stem)]
    for stem in stale.copy():
        if packages := missing(root / "book" / f"{stem}.md", root):
            print(f"  {stem}: stale, and left so without {', '.join(packages)}: {how_to_install(packages)}", flush=True)
            stale.remove(stem)
    if not stale:
        return []
    print(f"  to execute: {', '.join(stale)}", flush=True)
    failures = []
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1), mp_context=_FORKSERVER) as pool:
        running = {pool.submit(make, root, stem): stem for stem in stale}
        for future in as_completed(running):
            stem = running[future]
            try:
                (folder / f"{stem}.ipynb").write_text(future.result(), encoding="utf-8")
                print(f"  {stem}: executed", flush=True)
            except ChapterError as failure:
                print(f"  {stem}: failed", flush=True)
                failures.append(failure)
    return failures


def whats_stale(root):
    """Return a line for everything in notebooks/ and in the recorded results that is not up to date."""
    chapters = read_chapters(root)
    recorded = registry.DATA.read_bytes() if registry.DATA.exists() else b""
    record(chapters)
    lines = [f"{registry.DATA.name}: was not recorded from these sources"] * (registry.DATA.read_bytes() != recorded)
    lines += [f"{digits.DATA.name}: was made from something else than what is there now"] * digits.is_stale(root, chapters)
    lines += [f"{stem}: was made from something else than what is there now" for stem in chapters if is_stale(root, stem)]
    lines += [f"{path.stem}: its source is gone" for path in leftovers(root, chapters)]
    return lines


def not_added(root):
    """Return the notebooks that git would commit otherwise than they lie there, or not at all."""
    status = subprocess.run(["git", "status", "--porcelain", "--no-renames", "--untracked-files=all", "notebooks"],
                            cwd=root, check=True, capture_output=True, text=True)
    return [line[3:] for line in status.stdout.splitlines() if line[1] != " "]


def main(arguments=None, root=ROOT):
    """Run the command line, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m publishing.notebooks", description=__doc__.split("\n")[0])
    manner = parser.add_mutually_exclusive_group()
    manner.add_argument("--check", action="store_true", help="name what is stale, execute nothing")
    manner.add_argument("--commit", action="store_true", help="fail also where a notebook has yet to be added to a commit")
    manner.add_argument("--all", action="store_true", help="execute every chapter, stale or not")
    options = parser.parse_args(arguments)
    try:
        problems = whats_stale(root) if options.check else bring_up_to_date(root, options.all)
        if not problems and not options.check and root == ROOT:
            replayed = cache(lambda: variants.replayed(read_chapters(root)))
            variants.record(root, replayed)
            checks.record(root, replayed)
    except (ChapterError, EquationError) as error:
        problems = [error]
    for problem in problems:
        print(f"\n{problem}", file=sys.stderr)
    if problems and options.check:
        print("\nRun `make notebooks` and commit what it writes.", file=sys.stderr)
    if not problems and options.commit and (paths := not_added(root)):
        print(f"\nThese belong to what is committed: git add {' '.join(paths)}", file=sys.stderr)
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
