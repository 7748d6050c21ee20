from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LARGEST: int

class KernelGradient(Figure):
    letters: dict[str, str]
    a_prev: Matrix
    delta: Matrix
    swapped: traitlets.Bool[bool, bool | int]
    dW: Matrix
    db: Matrix
    def __init__(
        self,
        a_prev: _Rows = ..., delta: _Rows = ((2.0, -1.0), (1.0, 4.0)), swapped: bool = False, entry: str = 'a_12',
        **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
