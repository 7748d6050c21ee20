from collections.abc import Iterable
from dataclasses import dataclass

@dataclass(frozen=True)
class Conditions:
    samples: str | None = None
    layers: str | None = None
    depth: int | None = None
    activations: tuple[str, ...] | None = None
    geometry: str | None = None
    world: str = ""
    find: str | None = None
    using: tuple[str, ...] | None = None
    def sample_counts(self, batch: int) -> tuple[int, ...]: ...
    def layer_range(self, depth: int) -> range: ...
    def overlap(self, other: Conditions) -> bool: ...

def read_conditions(words: Iterable[str]) -> Conditions: ...
