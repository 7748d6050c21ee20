from dataclasses import dataclass

from .conditions import Conditions

KINDS: tuple[str, ...]
LINES: int

@dataclass(frozen=True)
class Cell:
    kind: str
    conditions: Conditions
    equations: tuple[tuple[str, str], ...]

def is_equation_cell(source: str) -> bool: ...
def read_source(source: str) -> Cell: ...
def read_cell(kind: str, line: str, body: str) -> Cell: ...
