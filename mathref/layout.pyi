from numpy.typing import ArrayLike

from mathref.arrays import _Array
from mathref.geometry import _Shape

def flatten(a: ArrayLike) -> _Array: ...
def unflatten(a: ArrayLike, shape: _Shape) -> _Array: ...
