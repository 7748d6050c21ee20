from collections.abc import Iterable

from .check import Verdict, _Runs
from .conditions import Conditions
from .networks import _AnyNetwork
from .program import Program
from .symbols import Key

SMALL_RATE: float
RATIO_TOLERANCE: float
ETA: Key

def check_update(
    label: str, latex: str, conditions: Conditions, program: Program, runs: _Runs | None = None,
    networks: Iterable[_AnyNetwork] | None = None
) -> Verdict: ...
