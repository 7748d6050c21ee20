from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LEAST: float
GREATEST: float
HIGHER: dict[str, Any]

def number() -> traitlets.Float[float, int | float]: ...

class GradientCheck(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    w: Matrix
    x: Matrix
    b: Matrix
    y: Matrix
    exponent: Matrix
    activation: traitlets.Enum[str]
    h: traitlets.Float[float, int | float]
    cost: traitlets.Float[float, int | float]
    gradient: traitlets.Float[float, int | float]
    forward: traitlets.Float[float, int | float]
    central: traitlets.Float[float, int | float]
    complex: traitlets.Float[float, int | float]
    forward_error: traitlets.Float[float, int | float]
    central_error: traitlets.Float[float, int | float]
    complex_error: traitlets.Float[float, int | float]
    truncation: traitlets.Float[float, int | float]
    rounding: traitlets.Float[float, int | float]
    best: traitlets.Float[float, int | float]
    def __init__(
        self,
        w: _Rows = ((0.6,),), x: _Rows = ((1.5,),), b: _Rows = ((-0.2,),), y: _Rows = ((1.0,),),
        exponent: _Rows = ((-3.0,),), activation: str = 'sigmoid', entry: str = 'exponent_1', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
