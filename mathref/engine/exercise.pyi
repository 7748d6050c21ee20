from .check import _Runs
from .conditions import Conditions
from .program import Program

BLANK: str

def judge(
    label: str, latex: str, conditions: Conditions, program: Program, runs: _Runs
) -> tuple[str, tuple[str, ...]]: ...
