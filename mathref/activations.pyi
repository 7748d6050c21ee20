from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from mathref.arrays import _Array

@dataclass(frozen=True)
class Activation:
    name: str
    function: Callable[[_Array], _Array]
    derivative: Callable[[_Array], _Array]
    def __call__(self, z: ArrayLike) -> _Array: ...
    def prime(self, z: ArrayLike) -> _Array: ...

sigmoid: Activation
tanh: Activation
relu: Activation
softplus: Activation
identity: Activation

def by_name(name: str) -> Activation: ...
def known(activation: Activation) -> Activation: ...
