from typing import Any, NamedTuple, TypeAlias

from lark import Token, Tree

# What the stubs of the engine share.
_Tree: TypeAlias = Tree[Token]
_Value: TypeAlias = Any  # a number or an array

class Key(NamedTuple):
    name: str
    layer: int | None = None
    part: tuple[int, ...] | str | None = None

class Symbol(NamedTuple):
    name: str
    layer: str | None
    indices: tuple[str, ...]
    transposed: bool
    comma: bool = False
    sampled: bool = False

def read_symbol(tree: _Tree) -> Symbol: ...
def read_indices(tree: _Tree) -> tuple[str, ...]: ...
def symbols(tree: _Tree) -> list[Symbol]: ...
def letters(tree: _Tree) -> set[str]: ...
def matrix_name(symbol: Symbol) -> Symbol: ...
def shape_text(value: _Value) -> str: ...
