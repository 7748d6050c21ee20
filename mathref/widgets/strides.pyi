from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LARGEST_IMAGE: int
LARGEST_KERNEL: int
LARGEST_PLANE: int

class Strides(Figure):
    letters: dict[str, str]
    a_prev: Matrix
    W: Matrix
    delta: Matrix
    stride: traitlets.Enum[int]
    padding: traitlets.Enum[int]
    dilation: traitlets.Enum[int]
    backward: traitlets.Bool[bool, bool | int]
    u: Matrix
    z: Matrix
    grad_f: Matrix
    grad_a: Matrix
    def __init__(
        self,
        a_prev: _Rows = ..., W: _Rows = ((1.0, 2.0), (3.0, -1.0)), delta: _Rows = ..., stride: int = 2,
        padding: int = 1, dilation: int = 1, backward: bool = False, entry: str = 'w_12', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
