"""A chapter in the JupyterLite of a built site, as a reader opens it, and what its cells answer.

    PYTHONPATH=tests python -m lite_page _build/html fc_recursion

runs a whole chapter there and compares it with the notebook: what is printed, and the plain text of every other output.
"""

import argparse
import sys
from pathlib import Path

import nbformat

from browser import chromium, serving, wait_until

SECONDS = 300  # for all of Python to arrive, on a machine that others use too

KERNEL = """[...jupyterapp.shell.widgets("main")].map(({ context, sessionContext }) =>
    (sessionContext ?? context?.sessionContext)?.session?.kernel).find(Boolean)"""

RUN = f"""async ([source, seconds]) => {{
  const outputs = [], future = ({KERNEL}).requestExecute({{ code: source, stop_on_error: false }});
  future.onIOPub = ({{ header, content }}) => {{
    if (["stream", "display_data", "execute_result", "error"].includes(header.msg_type))
      outputs.push({{ ...content, output_type: header.msg_type }});
  }};
  const late = new Promise((_, reject) => setTimeout(reject, 1000 * seconds, new Error(`no answer within ${{seconds}} seconds`)));
  await Promise.race([future.done, late]);
  return outputs;
}}"""


def opened(context, address, stem):
    """Open a chapter at the address of a site, wait until it is shown, and return the page."""
    page = context.new_page()
    page.goto(f"{address}lite/notebooks/index.html?path={stem}.ipynb")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=1000 * SECONDS)
    return page


def started(page):
    """Wait until Python runs.

    Raises
    ------
    RuntimeError
        With what the page says, if it does not.
    """
    wait_until(page, "!document.querySelector('#start[role=status]')", seconds=SECONDS)
    if page.locator("#start").count():
        raise RuntimeError(page.locator("#start").inner_text())


def run(page, source, seconds=SECONDS):
    """Run code in the kernel of the page, and return its outputs as a notebook holds them."""
    return [nbformat.from_dict(output) for output in page.evaluate(RUN, [source, seconds])]


def plain(outputs):
    """Return what was printed, and the rest as plain text, without the names of widgets."""
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    rest = [output.evalue if output.output_type == "error" else output.data.get("text/plain", "") for output in outputs
            if output.output_type != "stream" and "application/vnd.jupyter.widget-view+json" not in output.get("data", {})]
    return printed, rest


def differences(page, notebook):
    """Run all cells of a notebook in order; return those that answer something else than what it holds, told in words."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        answer, stored = plain(run(page, cell.source)), plain(cell.outputs)
        if answer != stored:
            found.append(f"{cell.source}\n  should answer {stored}\n  and answers   {answer}")
    return found


def main(arguments=None):
    """Run the command line, and return its exit code."""
    from figure_pages import Quiet

    parser = argparse.ArgumentParser(prog="python -m lite_page", description=__doc__.split("\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("chapter")
    options = parser.parse_args(arguments)
    notebook = nbformat.read(options.site / "lite" / "files" / f"{options.chapter}.ipynb", as_version=4)
    with serving(Quiet, options.site) as address, chromium() as browser:
        page = opened(browser.new_context(), f"{address}/", options.chapter)
        started(page)
        found = differences(page, notebook)
    print("\n\n".join(found) or f"Every cell of {options.chapter} answers in the browser as it does in the notebook.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
