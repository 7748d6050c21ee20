"""PyTorch finds what mathref finds, with the sides, factors and names that the chapter tells.

The chapter compares one network of each kind. Here it is every activation, other depths and batches of one, every shape
of test_conv.py, and the chapter's rule for the factor of each cost. Left out where PyTorch is not installed.
"""

import json
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mathref import activations, conv, dense, im2col
from mathref.geometry import geometry
from slips import with_slip
from test_conv import RECORD, layer
from test_conv import every_shape as every_conv_shape
from test_solutions import exercises, verdicts

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda z: z,
               "softplus": partial(F.softplus, threshold=40)}  # above its threshold it is z: 20 is too low for float64
NETS = [(4, 3), (3, 5, 2), (4, 5, 2, 3), (2, 6, 1, 3, 5)]
COSTS = {  # PyTorch's cost of A and Y, and ∂C/∂a^L of one sample in it, as a multiple of a − y
    "half the squares, mean": (lambda A, Y: ((A - Y)**2).sum() / 2 / len(A), lambda N, n: 1 / N),
    "half the squares, sum": (lambda A, Y: ((A - Y)**2).sum() / 2, lambda N, n: 1),
    "MSELoss, mean": (torch.nn.MSELoss(), lambda N, n: 2 / (N * n)),
    "MSELoss, sum": (torch.nn.MSELoss(reduction="sum"), lambda N, n: 2),
}


def close(found, derived, tolerance=1e-12):
    found = found.detach().numpy()
    assert found.shape == derived.shape
    assert np.max(np.abs(found - derived)) <= tolerance * np.max(np.abs(derived))


def agree(module, name, sizes, N, cost="half the squares, mean"):
    """Compare z, δ, dW and db of every layer with PyTorch's, and ∂C/∂x with what the first error sends back."""
    rng, activation = np.random.default_rng([*sizes, N]), getattr(activations, name)
    W = [rng.normal(size=(n, m)) for m, n in zip(sizes, sizes[1:])]
    b = [rng.normal(size=(n, 1)) for n in sizes[1:]]
    x, y = rng.normal(size=(sizes[0], N)), rng.normal(size=(sizes[-1], N))

    layers = [torch.nn.Linear(m, n, dtype=torch.float64) for m, n in zip(sizes, sizes[1:])]
    A, Z = [torch.tensor(x.T, requires_grad=True)], []
    for linear, weight, bias in zip(layers, W, b):
        linear.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias[:, 0])})
        Z.append(linear(A[-1]))
        Z[-1].retain_grad()
        A.append(ACTIVATIONS[name](Z[-1]))
    of_one, share = COSTS[cost]
    of_one(A[-1], torch.tensor(y.T)).backward()

    z, a = [], [x]
    for weight, bias in zip(W, b):
        z.append(module.forward(weight, bias, a[-1]))
        a.append(activation(z[-1]))
    delta, share = module.output_delta(a[-1], y, z[-1], activation), share(N, sizes[-1])
    for l in reversed(range(len(W))):
        dW, db = module.gradients(delta, a[l])
        close(Z[l].T, z[l])
        close(Z[l].grad.T, share * delta)
        close(layers[l].weight.grad, N * share * dW)
        close(layers[l].bias.grad, N * share * db[:, 0])
        if l > 0:
            delta = module.hidden_delta(W[l], delta, z[l - 1], activation)
    close(A[0].grad.T, share * (W[0].T @ delta))


@pytest.mark.parametrize("N", [1, 2, 7])
@pytest.mark.parametrize("sizes", NETS, ids=lambda sizes: "-".join(map(str, sizes)))
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_fully_connected_layers_of_every_activation_agree(name, sizes, N):
    agree(dense, name, sizes, N)


@pytest.mark.parametrize("N", [1, 6])
@pytest.mark.parametrize("sizes", NETS, ids=lambda sizes: "-".join(map(str, sizes)))
@pytest.mark.parametrize("cost", COSTS)
def test_each_cost_brings_its_own_factor_and_no_other_difference(cost, sizes, N):
    agree(dense, "tanh", sizes, N, cost)


SLIPS = [("z = W @ a_prev + b", "z = W @ a_prev - b"), ("(a - y) * activation.prime(z)", "(a - y) * activation.prime(a)"),
         ("(a - y) * activation.prime(z)", "(a - y)"), ("(a - y)", "(y - a)"),
         ("(W_next.T @ delta_next) * activation.prime(z)", "W_next.T @ delta_next"),
         ("(W_next.T @ delta_next)", "(W_next.T @ delta_next / len(z.T))"),
         ("delta @ a_prev.T / N", "delta @ a_prev.T"), ("delta @ a_prev.T / N", "delta[::-1] @ a_prev.T / N"), ("keepdims=True) / N", "keepdims=True)"),
         ("N = delta.shape[1]", "N = delta.shape[0]")]


@pytest.mark.parametrize("slip", SLIPS, ids=" > ".join)
def test_pytorch_notices_a_slip(slip):
    body = slip[0] if slip[0] != "(a - y)" else "delta = (a - y)"
    with pytest.raises(AssertionError):
        agree(with_slip(dense, body, body.replace(*slip)), "tanh", (4, 5, 2, 3), 7)


# Convolutional layers

@every_conv_shape
def test_the_record_that_test_conv_compares_with_is_what_this_pytorch_makes(shape, request):
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))[request.node.callspec.id]
    *parameters, delta = layer(shape)
    W, b, a_prev = (torch.tensor(array, requires_grad=True) for array in parameters)
    z = F.conv2d(a_prev, W, b)
    z.backward(torch.tensor(delta) / len(delta))
    for found, kept in zip([z, W.grad, b.grad, a_prev.grad], recorded, strict=True):
        assert np.allclose(found.detach().numpy(), kept, rtol=1e-11, atol=1e-13)


@every_conv_shape
def test_conv_transpose2d_is_the_input_gradient_and_so_is_conv2d_with_frame_and_turn(shape):
    W, _, _, delta = layer(shape)
    derived = conv.input_gradient(W, delta)
    kernels, errors = torch.tensor(W), torch.tensor(delta)
    (kh, kw), a_turn = W.shape[2:], kernels.flip(2, 3).transpose(0, 1)
    close(F.conv_transpose2d(errors, kernels), derived)
    close(F.conv2d(F.pad(errors, (kw - 1, kw - 1, kh - 1, kh - 1)), a_turn), derived)


@every_conv_shape
def test_float32_stays_float32_in_both_and_agrees_as_far_as_float32_goes(shape):
    W, b, a_prev, _ = layer(shape, np.float32)
    z, Z = conv.forward(W, b, a_prev), F.conv2d(*map(torch.tensor, (a_prev, W, b)))
    assert z.dtype == np.float32 and Z.dtype == torch.float32
    close(Z, z, tolerance=1e-5)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_two_convolutional_layers_agree_in_every_quantity(name):
    rng, N, activation = np.random.default_rng(5), 3, getattr(activations, name)
    W, b = [rng.normal(size=(3, 2, 2, 3)), rng.normal(size=(4, 3, 3, 2))], [rng.normal(size=3), rng.normal(size=4)]
    a, z, y = [rng.normal(size=(N, 2, 6, 7))], [], rng.normal(size=(N, 4, 3, 4))
    A, Z = [torch.tensor(a[0], requires_grad=True)], []
    kernels, biases = ([torch.tensor(array, requires_grad=True) for array in arrays] for arrays in (W, b))
    for l in range(2):
        z.append(conv.forward(W[l], b[l], a[l]))
        a.append(activation(z[l]))
        Z.append(F.conv2d(A[l], kernels[l], biases[l]))
        A.append(ACTIVATIONS[name](Z[l]))
        Z[l].retain_grad()
        A[l].retain_grad()
    (((A[2] - torch.tensor(y))**2).sum() / 2 / N).backward()

    delta = (a[2] - y) * activation.prime(z[1])
    for l in (1, 0):
        dW, db = conv.gradients(delta, a[l])
        close(Z[l], z[l])
        close(N * Z[l].grad, delta)
        close(kernels[l].grad, dW)
        close(biases[l].grad, db)
        close(N * A[l].grad, conv.input_gradient(W[l], delta))
        if l > 0:
            delta = conv.hidden_delta(W[l], delta, z[l - 1], activation)


LAYERS = [(1, 1, 6, 7, 1, 2, 3), (2, 3, 7, 6, 4, 3, 2), (3, 2, 9, 8, 2, 3, 3), (1, 2, 5, 7, 3, 1, 2), (2, 1, 8, 9, 2, 2, 2),
          (2, 2, 7, 7, 3, 3, 1)]  # N, C_in, H, W and C_out, kh, kw
STRIDES, DILATIONS, PADDINGS = (1, 2, (3, 2)), (1, 2, (1, 3)), (0, 1, (2, 1), ((1, 0), (0, 2)))


@pytest.mark.parametrize("dilation", DILATIONS, ids=str)
@pytest.mark.parametrize("padding", PADDINGS, ids=str)
@pytest.mark.parametrize("stride", STRIDES, ids=str)
@pytest.mark.parametrize("module", [conv, im2col], ids=lambda module: module.__name__)
def test_every_stride_padding_and_dilation_agrees(module, stride, padding, dilation):
    """216 configurations, of each of which z and the three gradients are compared."""
    steps, ((top, bottom), (left, right)) = dict(stride=stride, padding=padding, dilation=dilation), geometry(padding=padding).padding
    for shape in LAYERS:
        W, b, a_prev, _ = layer(shape)
        kernels, biases, images = (torch.tensor(array, requires_grad=True) for array in (W, b, a_prev))
        Z = F.conv2d(F.pad(images, (left, right, top, bottom)), kernels, biases, stride, 0, dilation)
        delta = np.random.default_rng(shape).normal(size=Z.shape)
        Z.backward(torch.tensor(delta) / len(delta))
        dW, db = module.gradients(delta, a_prev, **steps, kernel_shape=W.shape)
        close(Z, module.forward(W, b, a_prev, **steps))
        close(len(delta) * images.grad, module.input_gradient(W, delta, **steps, input_shape=a_prev.shape))
        close(kernels.grad, dW)
        close(biases.grad, db)


# The chapter

def test_the_judges_of_the_chapters_exercises_take_the_printed_solutions_for_right():
    said = verdicts("pytorch")
    assert len(said) == len(exercises("pytorch")) == 1
    for printed in said:
        assert "is right" in printed and "open" not in printed, printed
