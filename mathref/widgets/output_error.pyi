from typing import Any

import traitlets

from mathref.widgets.figure import Figure, Matrix, _Rows
from mathref.widgets.still import Quantity

LARGEST: int

class OutputError(Figure):
    letters: dict[str, str]
    columns: tuple[str, ...]
    z: Matrix
    y: Matrix
    activation: traitlets.Enum[str]
    a: Matrix
    error: Matrix
    prime: Matrix
    delta: Matrix
    C: traitlets.Float[float, int | float]
    def __init__(
        self,
        z: _Rows = ((6.0,), (0.5,), (-1.0,)), y: _Rows = ((0.0,), (0.0,), (1.0,)), activation: str = 'sigmoid',
        entry: str = 'z_1', **kwargs: Any
    ) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
