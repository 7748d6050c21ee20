"""A module of mathref with a slip in it."""

import types
from pathlib import Path


def with_slip(module, right, wrong):
    """Return a copy of a module in which `right`, which stands there once, is `wrong`."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"{right} has to stand there once"
    changed = types.ModuleType(module.__name__)
    changed.__file__ = module.__file__
    exec(compile(source.replace(right, wrong), module.__file__, "exec"), vars(changed))
    return changed
