"""Write down what PyTorch makes of the convolutional layers that the tests compare with.

    python -m benchmarks.conv2d

`make test` needs no PyTorch for it, then; where there is one, it is asked again. With another version the file shows what
has changed.
"""

import json

import torch

from tests.test_conv import RECORD, SHAPES, layer


def by_pytorch(W, b, a_prev, delta):
    """Return z, and the gradients by W, b and a_prev of the mean cost whose errors are `delta`."""
    tensors = [torch.tensor(array, requires_grad=True) for array in (W, b, a_prev)]
    z = torch.nn.functional.conv2d(tensors[2], *tensors[:2])
    z.backward(torch.tensor(delta) / len(delta))
    return [z.detach().numpy(), *(tensor.grad.numpy() for tensor in tensors)]


if __name__ == "__main__":
    lines = [f'"{name}": {json.dumps([array.tolist() for array in by_pytorch(*layer(shape))])}' for name, shape in SHAPES.items()]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
