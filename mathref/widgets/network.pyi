from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

NAMES: tuple[str, ...]
LARGEST: int
LAYERS: tuple[int, ...]
GIVEN: tuple[str, ...]

class Network(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    x: Matrix
    W1: Matrix
    b1: Matrix
    W2: Matrix
    b2: Matrix
    W3: Matrix
    b3: Matrix
    y: Matrix
    activation: traitlets.Enum[str]
    z1: Matrix
    a1: Matrix
    z2: Matrix
    a2: Matrix
    z3: Matrix
    a3: Matrix
    C: traitlets.Float[float, int | float]
    delta3: Matrix
    dW3: Matrix
    db3: Matrix
    delta2: Matrix
    dW2: Matrix
    db2: Matrix
    delta1: Matrix
    dW1: Matrix
    db1: Matrix
    def __init__(
        self,
        x: _Rows = ((1.0,), (-0.5,)), W1: _Rows = ..., b1: _Rows = ((0.2,), (0.1,), (-0.3,)), W2: _Rows = ...,
        b2: _Rows = ((0.1,), (-0.2,)), W3: _Rows = ((0.9, -1.3), (0.5, 0.8)), b3: _Rows = ((0.0,), (0.3,)),
        y: _Rows = ((0.5,), (-0.5,)), activation: str = 'tanh', entry: str = 'w2_12', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
