"""Who is timed. Each takes W, b, a_prev and δ, and returns one forward and backward pass to be run again and again.

A pass returns z, ∇a and the gradients of W and b: averaged over the samples, but by PyTorch, which is spared the division,
summed. What has to be laid out otherwise than mathref has it is laid out before.
"""

import numpy as np
from scipy.signal import correlate2d

from mathref import conv, dense, im2col
from mathref.activations import identity


def mathref_conv(W, b, a_prev, delta):
    """`mathref.conv`, the equations."""
    def run():
        return conv.forward(W, b, a_prev), conv.input_gradient(W, delta), *conv.gradients(delta, a_prev)
    return run


def mathref_im2col(W, b, a_prev, delta):
    """`mathref.im2col`, the same layer by products of matrices."""
    def run():
        return im2col.forward(W, b, a_prev), im2col.input_gradient(W, delta), *im2col.gradients(delta, a_prev)
    return run


def mathref_dense(W, b, a_prev, delta):
    """`mathref.dense`, the equations. ∇a is the error of a layer below with the identity for σ."""
    def run():
        z, grad_a = dense.forward(W, b, a_prev), dense.hidden_delta(W, delta, a_prev, identity)
        return z, grad_a, *dense.gradients(delta, a_prev)
    return run


def document_conv(kernel, bias, input_data, front_delta):
    """The document's `convolution`: three loops around SciPy, with its names, and with its errors put right."""
    N, C, H, W = input_data.shape
    K_NUM, _, K_H, K_W = kernel.shape

    def run():
        output_data = np.zeros((N, K_NUM, H - K_H + 1, W - K_W + 1), input_data.dtype)
        for imgId in range(N):
            for kId in range(K_NUM):
                for cId in range(C):
                    output_data[imgId][kId] += correlate2d(input_data[imgId][cId], kernel[kId][cId], mode="valid")
                output_data[imgId][kId] += bias[kId]

        back_delta = np.zeros_like(input_data)
        kernel_gradient = np.zeros_like(kernel)
        padded_front_delta = np.pad(front_delta, [(0, 0), (0, 0), (K_H - 1, K_H - 1), (K_W - 1, K_W - 1)])
        for imgId in range(N):
            for cId in range(C):
                for kId in range(K_NUM):
                    back_delta[imgId][cId] += correlate2d(padded_front_delta[imgId][kId], kernel[kId, cId, ::-1, ::-1],
                                                          mode="valid")
                    kernel_gradient[kId][cId] += correlate2d(input_data[imgId][cId], front_delta[imgId][kId],
                                                             mode="valid")
        return output_data, back_delta, kernel_gradient / N, front_delta.sum(axis=(0, 2, 3)) / N
    return run


def document_dense(W, b, a_prev, delta):
    """The document's `full_connect`, whose samples are rows, with its names, and with its errors put right."""
    fc, bias, input_data, front_delta = (np.ascontiguousarray(array.T) for array in (W, b, a_prev, delta))
    N = input_data.shape[0]

    def run():
        output_data = np.dot(input_data, fc) + bias
        back_delta = np.dot(front_delta, fc.T)
        gradient = np.dot(input_data.T, front_delta) / N
        return output_data.T, back_delta.T, gradient.T, front_delta.sum(axis=0)[:, None] / N
    return run


def pytorch_conv(*arrays):
    """PyTorch's `conv2d` and autograd."""
    import torch

    W, b, a_prev, delta = map(torch.from_numpy, arrays)
    inputs = [tensor.requires_grad_() for tensor in (a_prev, W, b)]

    def run():
        z = torch.nn.functional.conv2d(a_prev, W, b)
        return z, *torch.autograd.grad(z, inputs, delta)
    return run


def pytorch_dense(W, b, a_prev, delta):
    """PyTorch's `linear` and autograd; its samples are rows."""
    import torch

    W, b, a_prev, delta = (torch.from_numpy(np.ascontiguousarray(array)) for array in (W, b[:, 0], a_prev.T, delta.T))
    inputs = [tensor.requires_grad_() for tensor in (a_prev, W, b)]

    def run():
        z = torch.nn.functional.linear(a_prev, W, b)
        grad_a, dW, db = torch.autograd.grad(z, inputs, delta)
        return z.T, grad_a.T, dW, db[:, None]
    return run


CONTENDERS = {
    "PyTorch": {"conv": pytorch_conv, "dense": pytorch_dense},
    "mathref": {"conv": mathref_conv, "dense": mathref_dense},
    "im2col": {"conv": mathref_im2col},
    "document": {"conv": document_conv, "dense": document_dense},
}
