from collections.abc import Callable
from functools import cache
from typing import Any

from .program import Run
from .symbols import Key, _Value

@cache
def witnesses() -> dict[str, tuple[str, Callable[..., Any], int | None]]: ...
def testimony(label: str, run: Run, key: Key | None, layer: int | None = None) -> tuple[str, _Value] | None: ...
