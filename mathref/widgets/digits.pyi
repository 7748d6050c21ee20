from typing import Any

import traitlets

from mathref.arrays import _Array
from mathref.network import Sequential
from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

SIDE: int

def network() -> Sequential: ...
def examples() -> _Array: ...

class Digits(Figure):
    letters: dict[str, str]
    x: Matrix
    digit: traitlets.Enum[str]
    z: Matrix
    a: Matrix
    gradient: Matrix
    answer: traitlets.Int[int, int]
    def __init__(self, x: _Rows | None = None, digit: str = 'none', entry: str = 'x_45', **kwargs: Any) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
