from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from numpy.typing import ArrayLike

SLIPS: dict[str, str]

def number(
    exercise: str, ask: str, answer: ArrayLike, slips: Mapping[str, ArrayLike], digits: int = 3
) -> Question: ...
def entry(
    exercise: str, ask: str, matrix: ArrayLike, which: ArrayLike, slips: Mapping[str, ArrayLike], kind: str = 'W'
) -> Question: ...

class Question(anywidget.AnyWidget):
    exercise: traitlets.Unicode[str, str | bytes]
    ask: traitlets.Unicode[str, str | bytes]
    cells: traitlets.List[list[str]]
    answer: traitlets.Any
    slips: traitlets.List[list[Any]]
    digits: traitlets.Int[int, int]
    kind: traitlets.Unicode[str, str | bytes]
    def judge(self, given: str | Sequence[int]) -> tuple[str, str]: ...
