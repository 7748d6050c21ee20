from collections.abc import Sequence

from .cells import Cell
from .session import Outcome

def bundle(cell: Cell, outcomes: Sequence[Outcome]) -> dict[str, str]: ...
def number(label: str) -> str: ...
