"""The order of the chapters, which stands in `_toc.yml` and nowhere else."""

from pathlib import Path

import yaml


def stems(root):
    """Return the file stems of the book's chapters in reading order, the landing page first.

    Parameters
    ----------
    root : pathlib.Path
        The folder of `_toc.yml`.

    Returns
    -------
    list of str
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [Path(page).stem for page in _pages(toc)]


def _pages(node):
    """Yield every page that a part of the table of contents names, from top to bottom."""
    if isinstance(node, list):
        for item in node:
            yield from _pages(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            elif key in ("parts", "chapters", "sections"):
                yield from _pages(value)
