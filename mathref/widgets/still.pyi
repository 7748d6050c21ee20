from collections.abc import Sequence
from dataclasses import dataclass

LIGHT: dict[str, str]
CELL: int
GAP: int
MARGIN: int

@dataclass(frozen=True)
class Quantity:
    symbol: str
    label: str
    kind: str
    entries: list[list[float]]
    before: str = ""
    first: bool = False

def number(x: float) -> str: ...
def lines(quantities: Sequence[Quantity]) -> list[list[Quantity]]: ...
def text(title: str, quantities: Sequence[Quantity]) -> str: ...
def html(title: str, quantities: Sequence[Quantity]) -> str: ...
def table(title: str, quantities: Sequence[Quantity]) -> str: ...
def picture(quantities: Sequence[Quantity]) -> str: ...
