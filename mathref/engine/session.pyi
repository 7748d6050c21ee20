from dataclasses import dataclass

from .cells import Cell
from .check import Verdict, _Runs
from .program import Definition, Program

@dataclass(frozen=True)
class Outcome:
    label: str
    latex: str
    status: str
    report: tuple[str, ...]

class Session:
    worlds: dict[str, dict[str, Definition]]
    def __init__(self) -> None: ...
    def give(self, line: str) -> None: ...
    def run(self, cell: Cell) -> list[Outcome]: ...
    def program(self, world: str) -> tuple[Program, _Runs]: ...

def try_out(definition: Definition, program: Program, drafts: _Runs | None = None) -> Verdict: ...
