from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..arrays import _Array
from .conditions import Conditions

_Two: TypeAlias = tuple[int, int]
_AnyNetwork: TypeAlias = Network | Geometry

ACTIVATIONS: dict[str, Callable[[Any], Any]]
NETWORKS: tuple[Network, ...]
GEOMETRIES: tuple[Geometry, ...]
STRIDED: tuple[Geometry, ...]

def softmax(z: _Array) -> _Array: ...

@dataclass(frozen=True)
class Network:
    widths: tuple[int, ...]
    activation: str
    seed: int
    geometry = None
    @property
    def depth(self) -> int: ...

@dataclass(frozen=True)
class Geometry:
    image: _Two
    kernels: tuple[_Two, ...]
    channels: tuple[int, ...]
    activation: str
    seed: int
    stride: _Two = (1, 1)
    padding: tuple[_Two, _Two] = ((0, 0), (0, 0))
    dilation: _Two = (1, 1)
    @property
    def depth(self) -> int: ...
    @property
    def planes(self) -> list[_Two]: ...
    @property
    def places(self) -> _Two: ...
    def spread(self, kernel: _Two) -> _Two: ...
    @property
    def geometry(self) -> str: ...

def chosen(conditions: Conditions, networks: Iterable[_AnyNetwork] = ...) -> list[_AnyNetwork]: ...
def numbers(seed: int, name: str, shape: tuple[int, ...]) -> _Array: ...
