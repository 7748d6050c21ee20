from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.random import Generator
from numpy.typing import ArrayLike

from mathref.arrays import _Array

COMPLEX_STEP: float
ROUNDING: float
SMALL_STEP: float
SMALLEST_STEP: float
TOLERANCES: dict[str, float]

def forward_difference(f: Callable[[_Array], Any], x: ArrayLike, step: float = 1e-8) -> _Array: ...
def central_difference(f: Callable[[_Array], Any], x: ArrayLike, step: float = 1e-5) -> _Array: ...
def complex_step(f: Callable[[_Array], Any], x: ArrayLike, step: float = 1e-30) -> _Array: ...
def relative_error(a: ArrayLike, b: ArrayLike) -> float: ...
def central_error(value: float, third: float, step: float) -> tuple[float, float]: ...
def best_step(value: float, third: float) -> float: ...

@dataclass(frozen=True)
class Report:
    passed: bool
    error: float
    place: str
    gradient: float
    slope: float
    wrong: int
    compared: int
    kink: bool
    tolerance: float
    def __bool__(self) -> bool: ...

def check(
    f: Callable[..., Any],
    gradient: ArrayLike | Mapping[str, ArrayLike] | Callable[..., Any],
    x: ArrayLike | Mapping[str, ArrayLike],
    by: Literal["central", "complex"] = "central",
    tolerance: float | None = None,
    directions: int | None = None,
    rng: Generator | None = None,
) -> Report: ...
