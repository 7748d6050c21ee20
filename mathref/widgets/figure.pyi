from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import anywidget
import traitlets

from mathref.widgets.still import Quantity

_Rows: TypeAlias = Sequence[Sequence[float]]

HERE: Path
BOUND: float

def uncommented(source: str) -> str: ...
def bundle(name: str) -> str: ...
def parted(names: Sequence[str], beside: Sequence[str] = ()) -> tuple[str, dict[str, str]]: ...
def script(name: str) -> str: ...
def stylesheet(*names: str) -> str: ...

class Matrix(traitlets.TraitType[list[list[float]], _Rows]):
    info_text: str
    resizable: bool
    within: tuple[float, float]
    def __init__(self, resizable: bool = False, within: tuple[float, float] = ..., **kwargs: Any) -> None: ...
    def outside(self, x: float) -> str: ...
    def validate(self, obj: Any, value: Any) -> list[list[float]]: ...

class Figure(anywidget.AnyWidget):
    letters: dict[str, str]
    columns: tuple[str, ...]
    bound: traitlets.Float[float, int | float]
    entry: traitlets.Unicode[str, str | bytes]
    value: traitlets.Float[float, int | float]
    made: bool
    def __init__(self, **kwargs: Any) -> None: ...
    def title(self) -> str: ...
    def quantities(self) -> list[Quantity]: ...
