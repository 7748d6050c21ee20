from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LARGEST_IMAGE: int
LARGEST_KERNEL: int

class ConvForward(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    a_prev: Matrix
    W: Matrix
    b: Matrix
    flipped: traitlets.Bool[bool, bool | int]
    z: Matrix
    def __init__(
        self,
        a_prev: _Rows = ..., W: _Rows = ((1.0, 2.0), (3.0, -1.0)), b: _Rows = ((0.0,),), flipped: bool = False,
        entry: str = 'a_22', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
