from numpy.typing import ArrayLike

from mathref.activations import Activation
from mathref.arrays import _Array
from mathref.geometry import _Pair, _Shape, _Sides

def forward(
    W: ArrayLike, b: ArrayLike | None, a_prev: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1
) -> _Array: ...
def rot180(W: ArrayLike) -> _Array: ...
def pad(delta: ArrayLike, W: ArrayLike) -> _Array: ...
def input_gradient(
    W: ArrayLike, delta: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1,
    input_shape: _Shape | None = None
) -> _Array: ...
def hidden_delta(
    W_next: ArrayLike, delta_next: ArrayLike, z: ArrayLike, activation: Activation, stride: _Pair = 1,
    padding: _Sides = 0, dilation: _Pair = 1
) -> _Array: ...
def gradients(
    delta: ArrayLike, a_prev: ArrayLike, stride: _Pair = 1, padding: _Sides = 0, dilation: _Pair = 1,
    kernel_shape: _Shape | None = None
) -> tuple[_Array, _Array]: ...
