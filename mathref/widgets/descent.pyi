from typing import Any

import traitlets

from mathref.activations import Activation
from mathref.arrays import _Array
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
PARAMETERS: dict[str, str]
PAIRS: tuple[str, ...]
TINY: float

def minibatches(size: int, updates: int) -> list[list[int]]: ...
def split(p: _Array) -> list[_Array]: ...
def forward(p: _Array, x: _Array, activation: Activation) -> tuple[_Array, _Array]: ...
def gradient(p: _Array, x: _Array, y: _Array, activation: Activation) -> _Array: ...

class Descent(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    shapes: dict[str, tuple[int, int]]
    W1: Matrix
    b1: Matrix
    W2: Matrix
    chosen: traitlets.Enum[str]
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
        W1: _Rows = ((-2.5, -0.5),), b1: _Rows = ((0.0,),), W2: _Rows = ((1.0,),),
        learning_rate: _Rows = ((0.8,),), x: _Rows = ..., y: _Rows = ..., chosen: str = 'w1_11 and w1_12', size: int = 6,
        updates: int = 18, activation: str = 'identity', entry: str = 'eta_1', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
