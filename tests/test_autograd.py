"""Autograd: it finds every gradient of the book, agrees with what shares no code with it, and refuses in words.

Each operation is run beside the same line in NumPy, differentiated there by complex step and by HIPS autograd. Each
of its derivatives is broken once, and the comparison has to notice.
"""

import ast
import inspect
import re
from pathlib import Path

import autograd as hips
import autograd.numpy as anp
import jupytext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, broadcastable_shapes, mutually_broadcastable_shapes

from mathref import activations, autograd, conv, cost, dense
from mathref.autograd import Node, gradients, operation, order, vjp
from mathref.gradcheck import complex_step

rng = np.random.default_rng(0)


def numbers(*shape):
    """Numbers away from 0, of both signs."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)


def assert_equal(found, true, tolerance=1e-12):
    """Compare entry by entry, relative to the entry or to a thousandth of the largest."""
    assert np.shape(found) == np.shape(true)
    scale = np.maximum(np.abs(true), 1e-3 * np.max(np.abs(true)) + 1e-30)
    assert np.max(np.abs(found - true) / scale) < tolerance


# Every operation, beside NumPy

# By the title of the operation: the same lines for nodes and for arrays, and what to put in.
LINES = {
    "u + v": [(lambda u, v: u + v, (numbers(3, 4), numbers(3, 1))),
              (lambda u, v: u + v, (numbers(2, 1, 4), numbers(3, 4))),
              (lambda u: 2 + u, (numbers(3),))],
    "u - v": [(lambda u, v: u - v, (numbers(3, 4), numbers(4))), (lambda u: 1 - u, (numbers(2, 3),))],
    "u * v": [(lambda u, v: u * v, (numbers(3, 1), numbers(1, 4))), (lambda u: 3 * u, (numbers(2, 3),)),
              (lambda u: u * u, (numbers(2, 3),))],
    "u / v": [(lambda u, v: u / v, (numbers(3, 4), numbers(3, 1))), (lambda u: 2 / u, (numbers(2, 3),))],
    "u @ v": [(lambda u, v: u @ v, (numbers(3, 4), numbers(4, 2))),
              (lambda u, v: u @ v, (numbers(3, 4), numbers(5, 4, 2))),
              (lambda u, v: u @ v, (numbers(5, 1, 3, 4), numbers(2, 4, 3))),
              (lambda u: np.arange(6.0).reshape(2, 3) @ u, (numbers(3, 4),))],
    "u**n": [(lambda u: u**2, (numbers(3, 2),)), (lambda u: u**-1, (numbers(3, 2),)), (lambda u: u**3, (numbers(2),)),
             (lambda u: (u * u)**0.5, (numbers(3, 2),))],
    "-u": [(lambda u: -u, (numbers(3, 2),))],
    "u[index]": [(lambda u: u[1], (numbers(3, 2),)), (lambda u: u[:, ::-1], (numbers(3, 4),)),
                 (lambda u: u[np.array([0, 2, 0, 0])], (numbers(3, 2),)),
                 (lambda u: u[:, np.array([[0], [1]]) + np.array([0, 1, 2])], (numbers(2, 4),))],
    "u.T": [(lambda u: u.T, (numbers(3, 2),)), (lambda u: u.T, (numbers(3, 2, 4),))],
    "u.reshape(shape)": [(lambda u: u.reshape((2, 6)), (numbers(3, 4),)),
                         (lambda u: u.reshape((-1,)), (numbers(3, 4),))],
    "u.sum(axis)": [(lambda u: u.sum(), (numbers(3, 4),)), (lambda u: u.sum(axis=0), (numbers(3, 4),)),
                    (lambda u: u.sum((0, -1)), (numbers(3, 4, 2),))],
    "u.mean(axis)": [(lambda u: u.mean(), (numbers(3, 4),)), (lambda u: u.mean(axis=-1), (numbers(3, 4),)),
                     (lambda u: u.mean((0, 2)), (numbers(3, 4, 2),))],
}
SIGMA = {
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)), "tanh": lambda xp, z: xp.tanh(z),
    "softplus": lambda xp, z: xp.log(1 + xp.exp(z)), "identity": lambda xp, z: z,
    "relu": lambda xp, z: z * (xp.real(z) > 0),
}
LINES["z.apply(activation)"] = [
    (lambda z, name=name: z.apply(activations.by_name(name)) if hasattr(z, "apply") else SIGMA[name](anp, z),
     (numbers(3, 4),)) for name in SIGMA]
CASES = [(title, line, inputs) for title, cases in LINES.items() for line, inputs in cases]


def oracle(line, g, inputs, k):
    """The gradient of sum(g * line) for input k, by complex step: each entry in turn is moved."""
    gradient = np.zeros(inputs[k].shape)
    for i in np.ndindex(gradient.shape):
        moved = [each.astype(complex) for each in inputs]
        moved[k][i] += 1e-30j
        gradient[i] = np.sum(g * line(*moved)).imag / 1e-30
    return gradient


def compare(line, inputs):
    """Hold value and gradients of a line of nodes to the same line of arrays, for a random g."""
    nodes = [Node(each) for each in inputs]
    result, expected = line(*nodes), line(*inputs)
    assert_equal(result.value, expected)
    g = np.random.default_rng(1).normal(size=expected.shape)
    for k, found in enumerate(vjp(result, g, *nodes)):
        assert_equal(found, oracle(line, g, inputs, k))
        assert_equal(found, hips.grad(lambda *each: anp.sum(g * line(*each)), k)(*inputs))


def titles():
    """The operations of Node by title, with the name that Python calls them by."""
    found = {}
    for name, member in vars(Node).items():
        run = member.fget if isinstance(member, property) else member
        inside = inspect.getclosurevars(run).nonlocals if inspect.isfunction(run) else {}
        if "pulls" in inside:
            found[inside["title"]] = name, inside
    return found


def test_every_operation_is_tried():
    assert set(titles()) == set(LINES)


@pytest.mark.parametrize(("title", "line", "inputs"), CASES, ids=[case[0] for case in CASES])
def test_an_operation_is_differentiated_as_the_same_line_of_numpy(title, line, inputs):
    compare(line, inputs)


# Faults, by what is done to the gradient of the k-th input. What only changes the shape is noticed too.
FAULTS = {"the other sign": lambda g: -g, "doubled": lambda g: 2 * g, "nothing": lambda g: 0 * g,
          "one entry lost": lambda g: np.where(np.arange(g.size).reshape(g.shape) == g.size - 1, 0, g)}
BREAKABLE = [(title, k, fault) for title, (_, inside) in titles().items() for k in range(len(inside["pulls"]))
             for fault in FAULTS]


@pytest.mark.parametrize(("title", "k", "fault"), BREAKABLE)
def test_a_broken_derivative_is_noticed(title, k, fault, monkeypatch):
    name, inside = titles()[title]
    pulls = [*inside["pulls"]]
    right = pulls[k]
    pulls[k] = lambda g, *values: FAULTS[fault](np.asarray(right(g, *values)))
    broken = operation(title, inside["forward"], *pulls)
    monkeypatch.setattr(Node, name, property(broken) if name == "T" else broken)
    noticed = 0
    for line, inputs in LINES[title]:
        try:
            compare(line, inputs)
        except AssertionError:
            noticed += 1
    assert noticed


# What a person may get wrong, as source: what stands there, and what stands there instead.
SLIPS = {
    "the minus of a difference": ("lambda g, u, v: g, lambda g, u, v: -g)", "lambda g, u, v: g, lambda g, u, v: g)"),
    "a factor's own value": ("lambda g, u, v: g * v, lambda g, u, v: g * u)", "lambda g, u, v: g * u, lambda g, u, v: g * v)"),
    "the square of a quotient": ("-g * u / v**2", "-g * u / v"),
    "the transpose on the right": ("g @ v.mT", "g @ v"),
    "the transpose on the left": ("u.mT @ g", "u @ g"),
    "the order of a product": ("u.mT @ g", "g @ u.mT"),
    "all axes transposed": ("u.mT @ g", "u.T @ g"),
    "the power not lowered": ("g * n * u**(n - 1)", "g * n * u**n"),
    "the power not in front": ("g * n * u**(n - 1)", "g * u**(n - 1)"),
    "the mean of a mean": (" * (g.size / u.size)", ""),
    "the mean over everything": ("(g.size / u.size)", "(1 / u.size)"),
    "the slope of an activation": ("g * activation.prime(z)", "g"),
    "the slope at a": ("g * activation.prime(z)", "g * activation.prime(activation(z))"),
    "the transpose not turned back": ("lambda g, u: g.T)", "lambda g, u: g.reshape(u.shape))"),
    "the last reader overwrites": ("gradient[source] = gradient.get(source, 0) + sent", "gradient[source] = sent"),
    "the first reader stays": ("gradient[source] = gradient.get(source, 0) + sent", "gradient.setdefault(source, sent)"),
    "the order turned": ("for node in order(output):", "for node in order(output)[:1] + order(output)[:0:-1]:"),
    "repeats overwrite": ("np.add.at(total, index, g)", "total[index] = g"),
    "broadcasting not undone": ("return g.sum(axis=repeated).reshape(shape)", "return g"),
    "the first of the repeated": ("return g.sum(axis=repeated).reshape(shape)",
                                  "return g[tuple(0 if k in repeated else slice(None) for k in range(g.ndim))].reshape(shape)"),
    "the mean of the repeated": ("return g.sum(axis=repeated).reshape(shape)", "return g.mean(axis=repeated).reshape(shape)"),
    "reversed inputs not swapped": ("return lambda v, u: run(u, v)", "return run"),
    "not by axis": ("np.expand_dims(g, axis)", "np.expand_dims(g, 0)"),
}


def noticed(source):
    """How many lines tell this source of the module from NumPy."""
    module, count = {}, 0
    exec(compile(source, "autograd", "exec"), module)
    for _, line, inputs in [*CASES, ("", lambda u: (u * u + 2 * u) * u, (numbers(3, 2),))]:
        nodes = [module["Node"](each) for each in inputs]
        try:
            result = line(*nodes)
            g = np.random.default_rng(1).normal(size=result.value.shape)
            for k, found in enumerate(module["vjp"](result, g, *nodes)):
                assert_equal(found, oracle(line, g, inputs, k))
        except (AssertionError, ValueError, KeyError, TypeError):
            count += 1
    return count


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_noticed_and_without_it_there_is_nothing_to_notice(slip):
    right, wrong = SLIPS[slip]
    source = inspect.getsource(autograd)
    assert source.count(right) == 1
    assert noticed(source) == 0
    assert noticed(source.replace(right, wrong))


# Every gradient of the fully connected chapters

NETS = [(4, 3), (3, 5, 2), (4, 5, 3, 2), (2, 6, 1, 3, 5)]


@pytest.mark.parametrize("N", [1, 2, 7])
@pytest.mark.parametrize("sizes", NETS)
@pytest.mark.parametrize("name", SIGMA)
class TestAFullyConnectedNetwork:
    def network(self, sizes, N):
        draw = np.random.default_rng([*sizes, N]).normal
        return ([draw(size=(n, m)) for m, n in zip(sizes, sizes[1:])], [draw(size=(n, 1)) for n in sizes[1:]],
                draw(size=(sizes[0], N)), draw(size=(sizes[-1], N)))

    def test_gradients_are_those_of_the_layers_derived_by_hand(self, name, sizes, N):
        Ws, bs, x, y = self.network(sizes, N)
        sigma = activations.by_name(name)
        nodes_W, nodes_b, a, zs = [Node(W) for W in Ws], [Node(b) for b in bs], Node(x), []
        inputs = [a]
        for W, b in zip(nodes_W, nodes_b):
            zs.append(W @ a + b)
            a = zs[-1].apply(sigma)
            inputs.append(a)
        costs = ((a - y)**2).sum(axis=0) / 2
        C = costs.mean()
        assert_equal(C.value, cost.half_squared_error(a.value, y))
        dWs, dbs = gradients(C, *nodes_W), gradients(C, *nodes_b)
        deltas = gradients(costs.sum(), *zs)  # per sample: of the sum, not of the mean
        grad_a = gradients(costs.sum(), *inputs)

        assert_equal(grad_a[-1], cost.half_squared_error_prime(a.value, y))
        delta = dense.output_delta(a.value, y, zs[-1].value, sigma)
        for l in reversed(range(len(Ws))):
            assert_equal(deltas[l], delta)
            dW, db = dense.gradients(delta, inputs[l].value)
            assert_equal(dWs[l], dW)
            assert_equal(dbs[l], db)
            assert_equal(grad_a[l], Ws[l].T @ delta)
            if l:
                delta = dense.hidden_delta(Ws[l], delta, zs[l - 1].value, sigma)

    def test_gradients_are_what_hips_autograd_finds(self, name, sizes, N):
        Ws, bs, x, y = self.network(sizes, N)

        def mean_cost(parameters):
            a = x
            for W, b in zip(parameters[:len(Ws)], parameters[len(Ws):]):
                a = SIGMA[name](anp, anp.dot(W, a) + b)
            return anp.sum((a - y)**2) / 2 / N

        nodes, a = [Node(each) for each in [*Ws, *bs]], x
        for W, b in zip(nodes[:len(Ws)], nodes[len(Ws):]):
            a = (W @ a + b).apply(activations.by_name(name))
        found = gradients(((a - y)**2).sum() / 2 / N, *nodes)
        for mine, true in zip(found, hips.grad(mean_cost)([*Ws, *bs]), strict=True):
            assert_equal(mine, true, 1e-10)


# Every gradient of the convolutional chapters

def from_the_chapter(name):
    """The function of that name, which the chapter defines."""
    cells = jupytext.read(Path(__file__).parents[1] / "book" / "autograd.md", fmt="md:myst").cells
    [source] = [cell.source for cell in cells if f"def {name}(" in cell.source]
    found = {"np": np}
    exec(compile(source, "book/autograd.md", "exec"), found)
    return found[name]


convolved = from_the_chapter("convolved")
GEOMETRIES = [(1, (1, 1), (3, 3), [(2, 2)]), (2, (3, 2), (5, 7), [(3, 2)]), (3, (2, 3, 1), (6, 5), [(2, 3), (3, 1)]),
              (1, (1, 2, 4), (7, 4), [(1, 2), (4, 3)]), (2, (1, 2, 2, 3), (6, 8), [(2, 3), (1, 1), (3, 2)])]


@pytest.mark.parametrize(("N", "channels", "image", "kernels"), GEOMETRIES)
@pytest.mark.parametrize("name", SIGMA)
class TestAConvolutionalNetwork:
    def network(self, N, channels, image, kernels):
        draw = np.random.default_rng([N, *channels, *image]).normal
        Ws = [draw(size=(after, before, *kernel)) for before, after, kernel in zip(channels, channels[1:], kernels)]
        bs = [draw(size=after) for after in channels[1:]]
        size = [side - sum(kernel[k] - 1 for kernel in kernels) for k, side in enumerate(image)]
        return Ws, bs, draw(size=(N, channels[0], *image)), draw(size=(N, channels[-1], *size))

    def test_gradients_are_those_of_the_layers_derived_by_hand(self, name, N, channels, image, kernels):
        Ws, bs, x, y = self.network(N, channels, image, kernels)
        sigma = activations.by_name(name)
        nodes_W, nodes_b, inputs, zs = [Node(W) for W in Ws], [Node(b) for b in bs], [Node(x)], []
        for W, b in zip(nodes_W, nodes_b):
            zs.append(convolved(W, b, inputs[-1]))
            inputs.append(zs[-1].apply(sigma))
        summed = ((inputs[-1] - y)**2).sum() / 2
        dWs, dbs = gradients(summed / N, *nodes_W), gradients(summed / N, *nodes_b)
        deltas, grad_a = gradients(summed, *zs), gradients(summed, *inputs)

        delta = (inputs[-1].value - y) * sigma.prime(zs[-1].value)
        for l in reversed(range(len(Ws))):
            assert_equal(zs[l].value, conv.forward(Ws[l], bs[l], inputs[l].value))
            assert_equal(deltas[l], delta)
            dW, db = conv.gradients(delta, inputs[l].value)
            assert_equal(dWs[l], dW)
            assert_equal(dbs[l], db)
            assert_equal(grad_a[l], conv.input_gradient(Ws[l], delta))
            if l:
                delta = conv.hidden_delta(Ws[l], delta, zs[l - 1].value, sigma)

    def test_gradients_are_the_central_differences_of_loops(self, name, N, channels, image, kernels):
        Ws, bs, x, y = self.network(N, channels, image, kernels)

        def summed_cost(parameters):
            a = x
            for W, b in zip(parameters[:len(Ws)], parameters[len(Ws):]):
                size = [a.shape[2 + k] - W.shape[2 + k] + 1 for k in range(2)]
                z = np.zeros((N, len(W), *size))
                for i, j in np.ndindex(*size):
                    for k in range(len(W)):
                        z[:, k, i, j] = b[k] + np.sum(a[:, :, i:i + W.shape[2], j:j + W.shape[3]] * W[k], axis=(1, 2, 3))
                a = SIGMA[name](np, z)
            return np.sum((a - y)**2) / 2

        parameters, draw = [*Ws, *bs], np.random.default_rng(5)
        nodes, a = [Node(each) for each in parameters], Node(x)
        for W, b in zip(nodes[:len(Ws)], nodes[len(Ws):]):
            a = convolved(W, b, a).apply(activations.by_name(name))
        found = gradients(((a - y)**2).sum() / 2, *nodes)
        for _ in range(3):
            v = [draw.normal(size=each.shape) for each in parameters]
            up, down = ([each + sign * 1e-6 * move for each, move in zip(parameters, v)] for sign in (1, -1))
            along = (summed_cost(up) - summed_cost(down)) / 2e-6
            assert sum(np.sum(g * move) for g, move in zip(found, v)) == pytest.approx(along, rel=1e-5, abs=1e-5)


# What holds for all shapes and graphs

shapes = array_shapes(max_dims=4, max_side=4)
seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), st.sampled_from("+-*/"), seeds)
def test_a_gradient_has_the_shape_of_its_input_whatever_was_broadcast(shapes, sign, seed):
    draw = np.random.default_rng(seed)
    u, v = (Node(draw.uniform(1, 2, shape)) for shape in shapes.input_shapes)
    result = {"+": lambda: u + v, "-": lambda: u - v, "*": lambda: u * v, "/": lambda: u / v}[sign]()
    assert result.value.shape == shapes.result_shape
    assert [np.shape(each) for each in vjp(result, draw.normal(size=result.value.shape), u, v)] == [*shapes.input_shapes]


@settings(deadline=None, max_examples=60)
@given(st.data(), shapes, seeds)
def test_to_broadcast_and_to_add_up_are_each_others_transpose(data, shape, seed):
    """<spread(u), g> = <u, summed(g)>, for any u and g: what undoes broadcasting is its vector-Jacobian product."""
    wide = data.draw(broadcastable_shapes(shape, min_dims=len(shape), max_dims=5, max_side=4))
    wide = np.broadcast_shapes(shape, wide)
    draw = np.random.default_rng(seed).normal
    u, g = draw(size=shape), draw(size=wide)
    summed = autograd.summed_to(g, shape)
    assert summed.shape == shape
    assert np.sum(u * summed) == pytest.approx(np.sum(np.broadcast_to(u, wide) * g), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), shapes, seeds)
def test_of_a_node_that_is_read_by_several_the_gradients_add(readers, shape, seed):
    draw = np.random.default_rng(seed).normal
    weights, u = draw(size=readers), Node(draw(size=shape))
    parts = [weight * u for weight in weights]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    g = draw(size=shape)
    found, *of_parts = vjp(total, g, u, *parts)
    assert_equal(found, sum(weights) * g, 1e-9)
    for part in of_parts:
        assert_equal(part, g)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("+-*s"), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8), seeds)
def test_any_graph_is_differentiated_as_by_complex_step(steps, seed):
    """Each step reads any two of the results so far."""
    def run(x, sigmoid):
        results = [x[0], x[1]]
        for sign, i, j in steps:
            u, v = results[i % len(results)], results[j % len(results)]
            results.append({"+": lambda: u + v, "-": lambda: u - v, "*": lambda: u * v, "s": lambda: sigmoid(u)}[sign]())
        return results[-1]

    x = np.random.default_rng(seed).uniform(-1, 1, 2)
    node = Node(x)
    C = run(node, lambda u: u.apply(activations.sigmoid))
    found, = gradients(C, node)
    assert_equal(found, complex_step(lambda x: run(x, lambda u: 1 / (1 + np.exp(-u))), x), 1e-9)


def test_each_node_comes_after_all_that_read_it():
    u = Node(2.0)
    v = u * u
    w = v + u
    C = w * v
    places = {node: place for place, node in enumerate(order(C))}
    assert set(places) == {u, v, w, C}
    for reader in places:
        assert all(places[reader] < places[node] for node, _ in reader.links)


def test_ten_thousand_steps_in_a_row_are_no_trouble():
    u = Node(1.0)
    C = u
    for _ in range(10_000):
        C = C + u
    assert gradients(C, u) == [10_001]


def test_two_walks_over_one_graph_find_the_same():
    u = Node(numbers(2, 3))
    C = (u * u).sum()
    first, = gradients(C, u)
    second, = gradients(C, u)
    assert_equal(first, 2 * u.value)
    assert_equal(second, first, 1e-300)


def test_the_gradient_of_what_the_cost_does_not_depend_on_is_zero():
    u, other = Node(numbers(2)), Node(numbers(3, 1))
    assert_equal(gradients((u * u).sum(), other)[0], np.zeros((3, 1)))


def test_float32_stays_float32_beside_python_numbers():
    W, x = Node(np.ones((3, 2), np.float32)), np.ones((2, 4), np.float32)
    C = (((2 * (W @ x) - 1) / 2).apply(activations.tanh)**2).mean()
    assert C.value.dtype == np.float32 and gradients(C, W)[0].dtype == np.float32


def test_integers_become_float64():
    u = Node([1, 2, 3])
    assert gradients((u / 2).sum(), u)[0].dtype == np.float64


def test_what_goes_in_is_not_changed():
    u, g = numbers(3, 2), numbers(3, 2)
    before = u.copy(), g.copy()
    node = Node(u)
    result, same = vjp(node * node + node, g, node, node)
    result += 1
    vjp(node, g, node)[0][:] = 0
    assert np.array_equal(u, before[0]) and np.array_equal(g, before[1])


def test_a_complex_step_passes_through():
    x = numbers(3)
    found = complex_step(lambda x: ((Node(x) * 2).apply(activations.tanh)**2).sum().value[()], x)
    assert_equal(found, 4 * np.tanh(2 * x) / np.cosh(2 * x)**2)


def test_the_part_that_the_chapter_counts_is_about_sixty_lines():
    """Without imports, comments and docstrings, a broken line counted once."""
    core = ast.parse(inspect.getsource(autograd).split("# What is refused")[0])
    lines = [node for node in ast.walk(core) if isinstance(node, ast.stmt)
             and not isinstance(node, (ast.Import, ast.ImportFrom))
             and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    assert 55 <= len(lines) + sum(len(getattr(node, "decorator_list", [])) for node in lines) <= 65


# What is refused

TWO_BY_THREE = np.ones((2, 3))


def _root_at_zero():
    u = Node(0.0)
    return gradients(u**0.5, u)


REFUSED = {
    "shapes that do not broadcast": (lambda: Node(TWO_BY_THREE) + np.ones((2, 2)), ValueError,
                                     r"u \+ v: u has shape \(2, 3\), v has shape \(2, 2\); from the right, their axes need"),
    "on the left too": (lambda: np.ones((2, 2)) - Node(TWO_BY_THREE), ValueError,
                        r"u - v: u has shape \(2, 2\), v has shape \(2, 3\); .* need"),
    "a product that does not fit": (lambda: Node(TWO_BY_THREE) @ TWO_BY_THREE, ValueError,
                                    r"u @ v: u has shape \(2, 3\), v has shape \(2, 3\); .*u needs as many columns as v has rows"),
    "a row for a column": (lambda: Node(TWO_BY_THREE) @ np.ones(3), ValueError, r"u @ v: .* \(3,\); both need two dimensions"),
    "the power 0": (lambda: Node(2.0)**0, ValueError, r"u\*\*n: u has shape \(\), n is 0; n needs to be a real number other"),
    "an array as power": (lambda: Node(2.0)**np.ones(2), ValueError, r"u\*\*n: .* n needs to be a real number"),
    "a node as power": (lambda: Node(2.0)**Node(2.0), TypeError, r"u\*\*n: n is a Node; it needs to be a constant"),
    "an index outside": (lambda: Node([1, 2])[2], ValueError, r"u\[index\]: .* index is 2; index needs to point at entries"),
    "an index that is a word": (lambda: Node([1, 2])["a"], ValueError, r"u\[index\]: .* index is 'a'; index needs"),
    "an axis too many": (lambda: Node(TWO_BY_THREE).sum(2), ValueError, r"u.sum\(axis\): .* axis is 2; axis needs to be"),
    "no axis of the mean": (lambda: Node(TWO_BY_THREE).mean(axis="a"), ValueError, r"u.mean\(axis\): .* axis is 'a'; axis needs"),
    "another size": (lambda: Node(TWO_BY_THREE).reshape((4,)), ValueError, r"u.reshape\(shape\): .* shape is \(4,\); shape needs"),
    "arguments too many": (lambda: Node(TWO_BY_THREE).sum(0, 1), TypeError, r"u.sum\(axis\): too many"),
    "a name for an activation": (lambda: Node(1.0).apply("tanh"), TypeError, "activation is a str; it needs to be one of"),
    "a word as a factor": (lambda: Node(1.0) * "a", TypeError, r"u \* v: v has type str .*; it needs to hold numbers"),
    "a mask as a factor": (lambda: Node(1.0) * True, TypeError, r"u \* v: v has type bool .*; it needs to hold numbers"),
    "NaN as a term": (lambda: np.nan + Node(1.0), ValueError, r"u \+ v: u is nan; every entry needs to be a finite number"),
    "a node of words": (lambda: Node("a"), TypeError, "value has type str .*; it needs to hold numbers"),
    "a node with a hole": (lambda: Node([1, np.inf]), ValueError, r"value\[1\] is inf; every entry needs to be"),
    "a quotient by 0": (lambda: 1 / Node(0.0), OverflowError, "u / v: the result is not finite in float64"),
    "a product too large": (lambda: Node(1e200) * 1e200, OverflowError, r"u \* v: the result is not finite in float64"),
    "a gradient too large": (_root_at_zero, OverflowError, "vjp: the result"),
    "many costs": (lambda: gradients(Node([1, 2])), ValueError, r"C has shape \(2,\); it needs to be one number"),
    "a cost that is no node": (lambda: gradients(1.0), TypeError, "C is a float; it needs to be a Node"),
    "an output that is no node": (lambda: vjp(1.0, 1.0), TypeError, "output is a float; it needs to be a Node"),
    "an order of no node": (lambda: order([1]), TypeError, "output is a list; it needs to be a Node"),
    "an input that is no node": (lambda: gradients(Node(1.0), 2.0), TypeError, r"inputs\[0\] is a float; it needs to be a Node"),
    "inputs in a list": (lambda: gradients(Node(1.0), [Node(1.0)]), TypeError, r"inputs\[0\] is a list; it needs to be a Node"),
    "g of another shape": (lambda: vjp(Node(TWO_BY_THREE), np.ones((3, 2))), ValueError,
                           r"g has shape \(3, 2\), but output has shape \(2, 3\): g needs shape \(2, 3\)"),
    "g of words": (lambda: vjp(Node(1.0), "a"), TypeError, "g has type str .*; it needs to hold numbers"),
    "to walk through the entries": (lambda: [*Node([1, 2])], TypeError, "'Node' object is not iterable"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_in_words(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error) as info:
        call()
    assert type(info.value) is error
    assert re.match(message, str(info.value)), str(info.value)
