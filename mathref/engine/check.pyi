from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .conditions import Conditions
from .networks import _AnyNetwork
from .program import Program, Run
from .symbols import _Tree, _Value

_Runs: TypeAlias = dict[tuple[_AnyNetwork, int], Run]

TOLERANCE: float
CENTRAL_TOLERANCE: float
FLOOR: float
NOISE: float
CENTRAL_NOISE: float
SMALLEST: float

@dataclass
class Verdict:
    cases: list[tuple[_AnyNetwork, int, tuple[int, ...]]] = field(default_factory=list)
    entries: int = 0
    largest: float = 0.0
    witness: str | None = None
    oracles: dict[str, tuple[int, float]] = field(default_factory=dict)
    def note(self, oracle: str, numbers: int, error: float) -> None: ...

def check(
    label: str, latex: str, conditions: Conditions, program: Program, runs: _Runs | None = None,
    networks: Iterable[_AnyNetwork] | None = None
) -> Verdict: ...
def told_where(label: str, latex: str, run: Run, bound: Mapping[str, int]) -> AbstractContextManager[None]: ...
def refute(
    label: str, latex: str, conditions: Conditions, program: Program, runs: _Runs | None = None,
    checked: Callable[..., Any] = ...
) -> list[str]: ...
def cases(
    tree: _Tree, conditions: Conditions, program: Program, runs: _Runs, networks: Iterable[_AnyNetwork] | None = None
) -> Iterator[tuple[_AnyNetwork, Run, range | list[None]]]: ...
def free_indices(tree: _Tree, latex: str, run: Run, bound: Mapping[str, int]) -> dict[str, range]: ...
def differentiated_by(run: Run) -> str: ...
def agree(left_name: str, left: _Value, right_name: str, right: _Value, run: Run) -> float: ...
def headed(label: str, says: str, latex: str) -> str: ...
def case_words(run: Run, bound: Mapping[str, int]) -> str: ...
def needless_conditions(label: str, latex: str, conditions: Conditions, program: Program, runs: _Runs) -> list[str]: ...
