from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA: Path

@dataclass(frozen=True)
class Equation:
    label: str
    kind: str
    chapter: str
    number: str
    conditions: str
    latex: str

@cache
def equations() -> dict[str, Equation]: ...
def collect(chapters: Mapping[str, Any], order: Sequence[str]) -> dict[str, Equation]: ...
