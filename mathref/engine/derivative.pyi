from typing import Any

from ..arrays import _Array
from .places import Place
from .program import Run
from .symbols import _Value

COMPLEX_STEP: float
CENTRAL_STEP: float

def analytic(activation_name: str) -> bool: ...
def derivative(run: Run, numerator: Place, denominator: Place) -> _Value: ...
def entrywise_derivative(activation: Any, z: _Array) -> _Array: ...
