from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LARGEST_IMAGE: int
LARGEST_KERNEL: int

class ConvGradient(Figure):
    letters: dict[str, str]
    delta: Matrix
    W: Matrix
    turned: traitlets.Bool[bool, bool | int]
    framed: traitlets.Bool[bool, bool | int]
    grad_a: Matrix
    result: Matrix
    def __init__(
        self,
        delta: _Rows = ((1.0, -1.0), (4.0, 2.0)), W: _Rows = ((1.0, 2.0), (-1.0, 4.0)), turned: bool = True,
        framed: bool = True, entry: str = 'w_12', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
