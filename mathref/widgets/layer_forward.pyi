from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

NAMES: tuple[str, ...]
LARGEST: int

class LayerForward(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    a_prev: Matrix
    W: Matrix
    b: Matrix
    activation: traitlets.Enum[str]
    z: Matrix
    a: Matrix
    def __init__(
        self,
        a_prev: _Rows = ((1.0,), (-0.5,), (2.0,)), W: _Rows = ..., b: _Rows = ((0.1,), (-0.3,)),
        activation: str = 'sigmoid', entry: str = 'w_12', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
