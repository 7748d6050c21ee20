from numpy.random import Generator

from mathref.arrays import _Array
from mathref.geometry import _Shape

def he(shape: _Shape, rng: Generator) -> _Array: ...
