from collections.abc import Iterator, Sequence

from numpy.random import Generator
from numpy.typing import ArrayLike

from mathref.arrays import _Array

def step(parameters: Sequence[ArrayLike], gradients: Sequence[ArrayLike], learning_rate: float) -> list[_Array]: ...
def momentum(velocities: Sequence[ArrayLike], gradients: Sequence[ArrayLike], mu: float) -> list[_Array]: ...
def minibatches(x: ArrayLike, y: ArrayLike, size: int, rng: Generator) -> Iterator[tuple[_Array, _Array]]: ...
