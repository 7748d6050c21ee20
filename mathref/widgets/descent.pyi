from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

SAMPLES: int
SIZES: tuple[int, ...]
UPDATES: tuple[int, ...]
REACH: int
LARGEST_RATE: int
FAR: float
SEED: int
NO_BIAS: list[list[float]]

def minibatches(size: int, updates: int) -> list[list[int]]: ...

class Descent(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    shapes: dict[str, tuple[int, int]]
    W: Matrix
    learning_rate: Matrix
    x: Matrix
    y: Matrix
    size: traitlets.Enum[int]
    updates: traitlets.Enum[int]
    activation: traitlets.Enum[str]
    path: Matrix
    grads: Matrix
    costs: Matrix
    curvature: traitlets.Float[float, int | float]
    def __init__(
        self,
        W: _Rows = ((-2.5, -0.5),), learning_rate: _Rows = ((0.8,),), x: _Rows = ..., y: _Rows = ...,
        size: int = 6, updates: int = 18, activation: str = 'identity', entry: str = 'eta_1', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
