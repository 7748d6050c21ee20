from numpy.typing import ArrayLike

from mathref.arrays import _Array
from mathref.geometry import _Pair

def forward(a_prev: ArrayLike, size: _Pair) -> _Array: ...
def input_gradient(a_prev: ArrayLike, delta: ArrayLike, size: _Pair) -> _Array: ...
