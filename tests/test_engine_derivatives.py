r"""The engine's partial derivatives against HIPS autograd, SymPy and central differences, which share no code with it."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import elementwise_grad, grad, jacobian
from engine_fixture import LAYERS, NUMBERS, ONE_LAYER, run, run_of, session_of, value
from numpy.testing import assert_allclose

from mathref.engine.errors import MeaningError, NotTrue
from mathref.engine.networks import ACTIVATIONS, NETWORKS, Network, numbers
from mathref.engine.program import Key

SIGMA = {
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": anp.tanh,
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "relu": lambda z: anp.maximum(z, 0),
    "identity": lambda z: 1 * z,
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z), axis=0),
}
WITH_RELU = [Network(network.widths, "relu", network.seed) for network in NETWORKS]
EVERY = list(dict.fromkeys([*NETWORKS, *WITH_RELU, Network((4, 5, 3, 2), "softmax", 11), Network((3, 3, 3, 3), "softmax", 9)]))
ids = str


@pytest.fixture(scope="module")
def layers():
    return session_of(LAYERS)


@pytest.fixture(scope="module")
def one_layer():
    return session_of(ONE_LAYER)


class Plain:
    """The same network, written down once more: its numbers, and the cost as a function of anything in it."""

    def __init__(self, session, network, samples):
        self.run = run_of(session, samples, network)
        self.sigma, self.depth, self.samples = SIGMA[network.activation], len(network.widths) - 1, samples
        self.given = {"x": self.run.value(Key("x")), "y": self.run.value(Key("y"))}
        for k in range(1, self.depth + 1):
            self.given[f"W{k}"], self.given[f"b{k}"] = self.run.value(Key("W", k)), self.run.value(Key("b", k))

    def forward(self, **moved):
        """Return every quantity; one that is named here has the given value, whatever would be computed for it."""
        known = {**self.given, **moved}
        known["a0"] = moved.get("a0", known["x"])
        for k in range(1, self.depth + 1):
            known[f"z{k}"] = moved.get(f"z{k}", anp.dot(known[f"W{k}"], known[f"a{k - 1}"]) + known[f"b{k}"])
            known[f"a{k}"] = moved.get(f"a{k}", self.sigma(known[f"z{k}"]))
        known["costs"] = 0.5 * anp.sum((known[f"a{self.depth}"] - known["y"])**2, axis=0)
        known["C"] = anp.sum(known["costs"]) / self.samples
        return known

    def gradient(self, name, of=lambda known: known["C"]):
        return grad(lambda moved: of(self.forward(**{name: moved})))(self.forward()[name])

    def jacobian(self, above, below):
        found = jacobian(lambda moved: self.forward(**{below: moved})[above])(self.forward()[below])
        return found[:, 0, :, 0]

    def exactly(self):
        """The tolerance: central differences stand in where the activation is not analytic."""
        return {"rtol": 1e-6, "atol": 1e-9} if self.run.network.activation == "relu" else {"rtol": 1e-11, "atol": 1e-14}


def engine(plain, latex, **bound):
    return value(plain.run, latex, **bound)


@pytest.mark.parametrize("samples", [1, 6])
@pytest.mark.parametrize("network", EVERY, ids=ids)
def test_derivatives_of_the_cost_are_those_of_autograd(layers, network, samples):
    plain = Plain(layers, network, samples)
    assert_allclose(engine(plain, "C"), plain.forward()["C"], rtol=1e-13)
    for k in range(1, plain.depth + 1):
        for letter in "Wbza":
            expected = plain.gradient(f"{letter}{k}")
            found = engine(plain, rf"\frac{{\partial C}}{{\partial {letter}^{{l}}}}", l=k)
            assert found.shape == expected.shape
            assert_allclose(found, expected, **plain.exactly())
    for letter in "xy":
        assert_allclose(engine(plain, rf"\frac{{\partial C}}{{\partial {letter}}}"), plain.gradient(letter), **plain.exactly())


@pytest.mark.parametrize("network", EVERY, ids=ids)
def test_delta_of_a_batch_has_the_derivative_of_each_sample_by_itself_as_a_column(layers, network):
    plain = Plain(layers, network, 6)
    for k in range(1, plain.depth + 1):
        expected = plain.gradient(f"z{k}", of=lambda known: anp.sum(known["costs"]))
        assert_allclose(engine(plain, r"\delta^{l}", l=k), expected, **plain.exactly())
        assert_allclose(engine(plain, r"\delta^{l}_{i}", l=k, i=3), expected[:, 3:4], **plain.exactly())
        other = engine(plain, r"\frac{\partial C_{i}}{\partial z^{l}}", l=k, i=3)
        assert_allclose(other[:, 3:4], expected[:, 3:4], **plain.exactly())
        assert np.all(np.delete(other, 3, axis=1) == 0)
        expected = plain.gradient(f"W{k}", of=lambda known: known["costs"][2])
        assert_allclose(engine(plain, r"\frac{\partial C_{i}}{\partial W^{l}}", l=k, i=2), expected, **plain.exactly())


@pytest.mark.parametrize("network", EVERY, ids=ids)
def test_jacobians_of_one_sample_are_those_of_autograd(layers, network):
    plain = Plain(layers, network, 1)
    for k in range(1, plain.depth + 1):
        pairs = [(f"a{k}", f"z{k}"), (f"z{k}", f"a{k - 1}"), (f"z{k}", f"b{k}"), (f"a{plain.depth}", f"z{k}"), (f"a{k}", "x")]
        pairs += [(f"z{k + 1}", f"z{k}")] if k < plain.depth else []
        for above, below in pairs:
            written = [name if len(name) == 1 else f"{name[0]}^{{{name[1]}}}" for name in (above, below)]
            found = engine(plain, r"\frac{\partial %s}{\partial %s}" % tuple(written))
            expected = plain.jacobian(above, below)
            assert found.shape == expected.shape
            assert_allclose(found, expected, **plain.exactly())


@pytest.mark.parametrize("network", [NETWORKS[0], WITH_RELU[3]], ids=ids)
def test_derivatives_of_and_by_entries_are_the_entries_of_the_derivative(layers, network):
    plain = Plain(layers, network, 1)
    for_W, for_z = plain.gradient("W2"), plain.gradient("z2")
    J = plain.jacobian("z2", "z1")
    by_W = jacobian(lambda W: plain.forward(W2=W)["z2"])(plain.forward()["W2"])[:, 0]
    for j in range(for_W.shape[0]):
        assert_allclose(engine(plain, r"\frac{\partial C}{\partial z^{2}_{j}}", j=j), for_z[j, 0], **plain.exactly())
        assert_allclose(engine(plain, r"\frac{\partial z^{2}_{j}}{\partial W^{2}}", j=j), by_W[j], **plain.exactly())
        for k in range(for_W.shape[1]):
            assert_allclose(engine(plain, r"\frac{\partial C}{\partial w^{2}_{jk}}", j=j, k=k), for_W[j, k], **plain.exactly())
            assert_allclose(engine(plain, r"\frac{\partial z^{2}_{j}}{\partial z^{1}_{k}}", j=j, k=k), J[j, k], **plain.exactly())
    assert_allclose(engine(plain, r"\frac{\partial C}{\partial w^{2}_{21}}"), for_W[1, 0], **plain.exactly())


def test_a_derivative_by_one_sample_moves_that_sample_alone(layers):
    plain = Plain(layers, NETWORKS[1], 6)
    whole = plain.gradient("z1")
    for i in range(6):
        assert_allclose(engine(plain, r"\frac{\partial C}{\partial z^{1}_{i}}", i=i), whole[:, i:i + 1], **plain.exactly())
        assert_allclose(engine(plain, r"\frac{\partial C}{\partial z^{1}_{ji}}", i=i, j=2), whole[2, i], **plain.exactly())
        assert_allclose(engine(plain, r"\frac{\partial C}{\partial C_{i}}", i=i), 1 / 6)
    assert_allclose(engine(Plain(layers, NETWORKS[1], 1), r"\frac{\partial C}{\partial C_{i}}", i=0), 1)


@pytest.mark.parametrize("samples", [1, 6])
def test_what_is_defined_for_each_sample_follows_the_whole_and_the_whole_follows_it(samples):
    session = session_of([f"%%definition eq-{name}\n{latex}" for name, latex in [
        ("z", "z_{i} = W x_{i} + b"), ("a", "a_{i} = \\sigma(z_{i})"), ("s", "C_{i} = \\frac{1}{2} \\lVert a_{i} - y_{i} \\rVert^{2}"),
        ("c", "C = \\frac{1}{N} \\sum_{i} C_{i}")]])
    moved = run_of(session, samples, Network((4, 2), "tanh", 11))
    W, b, x, y = (moved.value(Key(name)) for name in "Wbxy")
    expected = grad(lambda z: anp.sum(0.5 * (anp.tanh(z) - y)**2) / samples)(W @ x + b)
    assert np.min(abs(expected)) > 1e-3
    assert_allclose(value(moved, r"\frac{\partial C}{\partial z}"), expected, rtol=1e-12)
    assert_allclose(value(moved, r"\frac{\partial C}{\partial z_{i}}", i=samples - 1), expected[:, -1:], rtol=1e-12)
    assert_allclose(value(moved, r"\frac{\partial C}{\partial W}"), expected @ x.T, rtol=1e-12)


@pytest.mark.parametrize("name", SIGMA)
def test_the_prime_of_sigma_is_the_slope_of_each_entry_by_the_same_entry(layers, name):
    plain = Plain(layers, Network((4, 5, 3, 2), name, 11), 6)
    z = plain.forward()["z1"]
    if name == "softmax":
        J = np.array([jacobian(SIGMA[name])(z[:, i]) for i in range(6)])
        expected = np.array([np.diag(of_sample) for of_sample in J]).T
    else:
        expected = elementwise_grad(SIGMA[name])(z)
    assert_allclose(engine(plain, r"\sigma'(z^{1})"), expected, **plain.exactly())


# SymPy: a net of two layers of one and two units, and one neuron, with symbols.

def test_derivatives_of_a_small_network_are_those_that_sympy_derives(layers):
    plain = Plain(layers, Network((2, 2, 1), "tanh", 5), 1)
    names = {key: sympy.Matrix(*value.shape, lambda j, k, key=key: sympy.Symbol(f"{key}_{j}_{k}"))
             for key, value in plain.given.items()}
    z1 = names["W1"] * names["x"] + names["b1"]
    z2 = names["W2"] * z1.applyfunc(sympy.tanh) + names["b2"]
    C = (sympy.tanh(z2[0]) - names["y"][0])**2 / 2
    point = {symbol: plain.given[key][j, k] for key, matrix in names.items() for (j, k), symbol in
             ((divmod(n, matrix.shape[1]), symbol) for n, symbol in enumerate(matrix))}
    for key, latex in {"W1": "W^{1}", "b1": "b^{1}", "W2": "W^{2}", "b2": "b^{2}", "x": "x", "y": "y"}.items():
        expected = np.array(names[key].applyfunc(lambda symbol: sympy.diff(C, symbol)).subs(point).evalf(), dtype=float)
        found = engine(plain, rf"\frac{{\partial C}}{{\partial {latex}}}")
        assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-12)


def test_derivatives_of_one_neuron_are_those_that_sympy_derives():
    neuron = run_of(session_of(NUMBERS), 1)
    w, x, b, y = sympy.symbols("w x b y")
    a = 1 / (1 + sympy.exp(-(w * x + b)))
    C = (a - y)**2 / 2
    point = {symbol: float(neuron.value(Key(symbol.name))) for symbol in (w, x, b, y)}
    for symbol in (w, x, b, y):
        found = value(neuron, rf"\frac{{\partial C}}{{\partial {symbol.name}}}")
        assert_allclose(found, float(sympy.diff(C, symbol).subs(point)), rtol=1e-13)
    assert_allclose(value(neuron, r"\frac{\partial C}{\partial z}"), float(sympy.diff(C, b).subs(point)), rtol=1e-13)
    assert_allclose(value(neuron, r"\frac{\partial a}{\partial w}"), float(sympy.diff(a, w).subs(point)), rtol=1e-13)


def test_gradients_add_where_one_number_feeds_two():
    session = session_of(["%%definition\nz_{1} = w_{1} x \\label{eq-1}\nz_{2} = w_{2} x \\label{eq-2}\n"
                          "C = \\sigma(z_{1}) z_{2} \\label{eq-c}"])
    fan = run_of(session, 1)
    x, w1, w2 = (float(fan.value(key)) for key in (Key("x"), Key("w", part="1"), Key("w", part="2")))
    s = 1 / (1 + np.exp(-w1 * x))
    assert_allclose(value(fan, r"\frac{\partial C}{\partial x}"), s * (1 - s) * w1 * w2 * x + s * w2, rtol=1e-13)
    assert_allclose(value(fan, r"\frac{\partial C}{\partial z_{1}}"), s * (1 - s) * w2 * x, rtol=1e-13)


# Central differences, by the plain forward pass in NumPy.

@pytest.mark.parametrize("network", NETWORKS, ids=ids)
def test_derivatives_agree_with_central_differences(layers, network):
    plain = Plain(layers, network, 6)
    for name, latex in {"W1": "W^{1}", "b2": "b^{2}", "z1": "z^{1}", "a1": "a^{1}"}.items():
        start = np.array(plain.forward()[name])
        expected = np.empty_like(start)
        for place in np.ndindex(start.shape):
            up, down = start.copy(), start.copy()
            up[place] += 1e-6
            down[place] -= 1e-6
            expected[place] = (plain.forward(**{name: up})["C"] - plain.forward(**{name: down})["C"]) / 2e-6
        assert_allclose(engine(plain, rf"\frac{{\partial C}}{{\partial {latex}}}"), expected, rtol=1e-6, atol=1e-9)


# A derivative holds fixed what does not lie downstream, and nothing is kept from one to the next.

def test_moving_an_intermediate_value_leaves_what_is_upstream_alone(layers):
    plain = Plain(layers, NETWORKS[0], 1)
    for above, below in [("z^{1}", "z^{2}"), ("a^{1}", "a^{2}"), ("x", "z^{1}")]:
        assert np.all(engine(plain, rf"\frac{{\partial {above}}}{{\partial {below}}}") == 0)
    assert np.array_equal(engine(plain, r"\frac{\partial z^{1}}{\partial z^{1}}"), np.eye(5))


def test_a_derivative_leaves_the_run_as_it_was(layers):
    plain = Plain(layers, NETWORKS[0], 6)
    before = {key: plain.run.value(key).copy() for key in (Key("z", 1), Key("a", 3), Key("W", 2))}
    for latex in (r"\frac{\partial C}{\partial W^{2}}", r"\frac{\partial C}{\partial z^{1}}", r"\delta^{1}"):
        first = engine(plain, latex)
        assert np.isrealobj(first) and np.array_equal(engine(plain, latex), first)
    assert all(np.array_equal(plain.run.value(key), value) for key, value in before.items())


@pytest.mark.parametrize("first", [r"\frac{\partial C}{\partial z^{L}}", r"\delta^{L}", "C"])
def test_a_derivative_of_a_derivative_is_refused_whatever_was_computed_before(layers, first):
    plain = Plain(layers, NETWORKS[0], 1)
    engine(plain, first)
    for latex in (r"\frac{\partial \delta^{L}_{1}}{\partial y_{1}}", r"\frac{\partial \delta^{L}}{\partial z^{L}}"):
        with pytest.raises(MeaningError, match="derivative of a derivative"):
            engine(plain, latex)


def test_a_derivative_by_what_nothing_depends_on_is_zero_and_proves_nothing(one_layer):
    assert np.all(value(run_of(one_layer), r"\frac{\partial a}{\partial y}") == 0)
    run(one_layer, "%%claim N=1\n\\frac{\\partial a_{1}}{\\partial y_{1}} = 0")
    with pytest.raises(MeaningError, match="Every side is 0"):
        run(one_layer, "%%claim N=1\n\\frac{\\partial a}{\\partial y} = \\frac{\\partial z}{\\partial y}")


# The numbers

def replayed(seed, name, count):
    """The generator, by the description of it: a state of 32 bits, folded, the first three draws thrown away."""
    state, drawn = seed, []
    for letter in name:
        state = (31 * state + ord(letter)) & 0xFFFFFFFF
    for _ in range(count + 3):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        state ^= state >> 15
        drawn.append(state / 2147483648 - 1)
    return [u + (0.2 if u >= 0 else -0.2) for u in drawn[3:]]


@pytest.mark.parametrize(("seed", "name", "shape"), [
    (11, "W^{1}", (5, 4)), (13, "x", (3, 6)), (77, "b^{4}", (5, 1)), (9, "w_{12}", ()), (5, r"\eta", ()), (7, "y", (4, 1))])
def test_the_numbers_can_be_replayed_from_the_seed_and_the_name(seed, name, shape):
    drawn = numbers(seed, name, shape)
    assert drawn.shape == shape
    assert drawn.ravel().tolist() == replayed(seed, name, int(np.prod(shape, dtype=int)))


def test_the_first_numbers_are_these():
    drawn = [1.105554776545614, -1.163435566984117, -0.31500943917781116, 0.5854078822769224]
    assert numbers(11, "W^{1}", (2, 2)).ravel().tolist() == drawn


def test_a_symbol_has_its_numbers_whichever_network_part_or_batch_asks(layers):
    network_run = run_of(layers, 6)
    for key, name in [(Key("W", 2), "W^{2}"), (Key("b", 1), "b^{1}"), (Key("x"), "x"), (Key("y"), "y")]:
        found = network_run.value(key)
        assert found.ravel().tolist() == replayed(11, name, found.size)


def test_no_two_symbols_of_any_network_have_like_numbers_and_none_is_near_zero():
    names = ["x", "y", "w", "b", "a", *(f"{letter}_{{{k}}}" for letter in "xywb" for k in (1, 2, 3))]
    for network in NETWORKS:
        drawn = np.array([float(numbers(network.seed, name, ())) for name in names])
        apart = abs(abs(drawn[:, None]) - abs(drawn)) + np.eye(len(drawn))
        assert apart.min() > 1e-4 and abs(drawn).min() >= 0.2 and abs(drawn).max() <= 1.2
    for one in names:  # nor do two of them keep the same distance from network to network
        for other in names:
            if one != other:
                apart = [float(numbers(n.seed, one, ()) - numbers(n.seed, other, ())) for n in NETWORKS]
                assert np.ptp(apart) > 0.1


def test_no_network_makes_an_equation_true_by_accident(layers):
    for network in NETWORKS:
        for samples in (1, 6):
            plain = Plain(layers, network, samples)
            for name, number in plain.forward().items():
                flat = np.sort(np.ravel(number))
                if name[0] != "a" or network.activation != "relu":  # the zeros of ReLU are looked at below
                    assert np.min(abs(flat)) > 1e-4, (network, name)
                    assert len(flat) == 1 or np.min(np.diff(flat)) > 1e-9, (network, name)
                if name[0] == "W" and len(set(np.shape(number))) == 1:
                    assert np.min(abs(number - number.T) + np.eye(len(number))) > 1e-2
            for k in range(1, plain.depth + 1):
                assert np.max(abs(plain.gradient(f"z{k}"))) > 1e-4


@pytest.mark.parametrize("samples", [1, 6])
@pytest.mark.parametrize("network", WITH_RELU, ids=ids)
def test_with_relu_no_z_is_near_the_kink_and_every_layer_has_active_and_inactive_units(layers, network, samples):
    plain = Plain(layers, network, samples)
    for k in range(1, plain.depth + 1):
        z = plain.forward()[f"z{k}"]
        assert np.min(abs(z)) > 1e-2  # a thousand steps of the central difference
        assert np.any(z > 0) and np.any(z < 0)
        assert np.all(np.any(z > 0, axis=0)), "a sample whose layer is dead"
        assert np.any(plain.gradient(f"z{k}") != 0)


def test_one_neuron_is_active_for_some_networks_and_inactive_for_others_and_active_with_relu_itself():
    z = {network.activation: float(value(run_of(session_of(NUMBERS), 1, network), "z")) for network in NETWORKS}
    assert z["relu"] > 1e-2 and min(z.values()) < -1e-2 and min(map(abs, z.values())) > 1e-2


def test_the_networks_have_unlike_widths_depths_and_activations():
    assert {network.depth for network in NETWORKS} == {2, 3, 4} and len(NETWORKS) >= 5
    assert {network.activation for network in NETWORKS} == set(ACTIVATIONS) - {"softmax"}
    rectangular = [n for n in NETWORKS if all(m != k for m, k in zip(n.widths, n.widths[1:]))]
    assert len(rectangular) == len(NETWORKS) - 1 and len(set(NETWORKS) - set(rectangular)) == 1
    assert min(min(network.widths) for network in NETWORKS) >= 2


# The checker, with a wrong derivative in place of the right one

def test_a_claim_fails_when_one_entry_of_one_derivative_is_a_little_wrong(layers, monkeypatch):
    from mathref.engine import derivative, evaluate
    claim = r"%%claim N=1" + "\n" + r"\frac{\partial C}{\partial W^{L}} = ((a^{L} - y) \odot \sigma'(z^{L})) (a^{L-1})^{\top}"
    run(layers, claim)
    right = derivative.derivative

    def wrong(run, numerator, denominator):
        found = np.array(right(run, numerator, denominator))
        if run.network == NETWORKS[-1]:
            found.flat[-1] *= 1 + 1e-9
        return found

    monkeypatch.setattr(evaluate, "derivative", wrong)
    with pytest.raises(NotTrue, match=r"entry \(3, 3\).*\n.*3-3-3-3"):
        run(session_of(LAYERS), claim)
