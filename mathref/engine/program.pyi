from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .conditions import Conditions
from .networks import _AnyNetwork
from .symbols import Key, Symbol, _Tree, _Value
from .worlds import World

EVALUATIONS: int

@dataclass(frozen=True, eq=False)
class Definition:
    label: str
    latex: str
    conditions: Conditions
    symbol: Symbol
    tree: _Tree
    @classmethod
    def read(cls, label: str, latex: str, conditions: Conditions) -> Definition: ...
    @property
    def right_side(self) -> _Tree: ...

class Program:
    definitions: tuple[Definition, ...]
    world: World
    scalar: bool
    def __init__(self, definitions: Iterable[Definition]) -> None: ...
    def meaning(self, key: Key, network: _AnyNetwork, samples: int) -> Definition | None: ...

class Effort:
    left: int
    def __init__(self) -> None: ...
    def spend(self) -> None: ...

class Run:
    program: Program
    network: _AnyNetwork
    samples: int
    drafting: bool
    activation: Any
    effort: Effort
    overrides: dict[Key, _Value]
    derivatives: dict[Any, _Value]
    stepped: dict[Any, Run]
    def __init__(self, program: Program, network: _AnyNetwork, samples: int, drafting: bool = False) -> None: ...
    def with_override(self, key: Key, value: _Value) -> Run: ...
    def value(self, key: Key) -> _Value: ...
    def sample(self, key: Key, i: int) -> _Value: ...
    def stack(self, key: Key) -> _Value: ...
    def sample_key(self, key: Key, i: int) -> Key: ...
