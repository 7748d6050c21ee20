from numpy.typing import ArrayLike

from mathref.arrays import _Array
from mathref.geometry import _Pair, _Shape, _Sides

CACHE: int

def forward(
    W: ArrayLike, b: ArrayLike | None, a_prev: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1
) -> _Array: ...
def input_gradient(
    W: ArrayLike, delta: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1,
    input_shape: _Shape | None = None
) -> _Array: ...
def gradients(
    delta: ArrayLike, a_prev: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1,
    kernel_shape: _Shape | None = None
) -> tuple[_Array, _Array]: ...
def im2col(
    a_prev: ArrayLike, W: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1
) -> _Array: ...
def col2im(
    columns: ArrayLike, a_prev: ArrayLike, W: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1
) -> _Array: ...
