"""Three problem sets, one for each lesson. A set is made for a class: of a secret and the names of the students.

Each student gets numbers of their own, and all functions are tried on the same numbers, which nobody has seen. Both are
drawn from the secret; what is right `mathref` says. So nothing in this file answers a question about numbers; the right
program of `repair` and its faults stand here.
"""

import hashlib
import hmac

import numpy as np

from mathref import conv, cost, dense, gradcheck
from mathref.activations import sigmoid
from teaching.otter import YOURS, Problem, given, has_shape, is_right, master, plain, returns, written


def drawn_for(secret, purpose):
    """Return a generator of random numbers that no one without the secret can start."""
    return np.random.default_rng(int.from_bytes(hmac.new(secret, purpose.encode(), hashlib.sha256).digest()))


class ProblemSet:
    """A problem set for a class.

    Parameters
    ----------
    secret : bytes
    students : list of str
        Their names; each has numbers that depend on the secret and the name alone.
    """

    name = title = text = ""

    def __init__(self, secret, students):
        self.secret, self.students = secret, students
        self.of_student = {student: self.numbers(drawn_for(secret, f"{self.name} for {student}")) for student in students}
        self.unseen = drawn_for(secret, f"{self.name} in the tests")

    def notebook(self):
        """Return the notebook with the key, which holds the numbers of the first student."""
        return master(self.title, self.text, self.cell_of(self.students[0]), self.problems())

    def cell_of(self, student):
        """Return the cell with a student's name and numbers."""
        numbers = "\n".join(f"{name} = np.array({plain(value)})" if not isinstance(value, str) else value
                            for name, value in self.of_student[student].items())
        return f"{YOURS}\nimport numpy as np\n\nstudent = {student!r}\n{numbers}{self.beside}"

    beside = ""

    def right(self, answer):
        """Return what is right for each student, where `answer` takes a student's numbers by name."""
        return {student: answer(**numbers) for student, numbers in self.of_student.items()}


SIGMA = """

def sigma(z):
    return 1 / (1 + np.exp(-z))

def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))"""


class FullyConnected(ProblemSet):
    """For lesson 1."""

    name = "fully_connected"
    title = "Backpropagation through two layers"
    text = ("A network with two inputs, three units in layer 1 and two in layer 2, with the sigmoid in both, for one "
            "sample. The cost is $C = \\frac{1}{2} \\| a^{2} - y \\|^{2}$. The numbers in the first cell are yours; "
            "`sigma` and `sigma_prime` are there too. You can check every gradient by moving a number and running the "
            "network again, as the book does.")
    beside = SIGMA

    @staticmethod
    def numbers(rng):
        def halves(*shape):
            return rng.choice([-3, -2, -1, 1, 2, 3], shape) / 2

        return {"x": halves(2, 1), "W1": halves(3, 2), "b1": halves(3, 1), "W2": halves(2, 3), "b2": halves(2, 1),
                "y": halves(2, 1)}

    @staticmethod
    def run(x, W1, b1, W2, b2, y):
        """Return all that the network makes of its numbers, by name."""
        z1 = dense.forward(W1, b1, x)
        a1 = sigmoid(z1)
        z2 = dense.forward(W2, b2, a1)
        a2 = sigmoid(z2)
        delta2 = dense.output_delta(a2, y, z2, sigmoid)
        delta1 = dense.hidden_delta(W2, delta2, z1, sigmoid)
        dW1, db1 = dense.gradients(delta1, x)
        dW2, db2 = dense.gradients(delta2, a1)
        return {"z1": z1, "z2": z2, "C": cost.half_squared_error(a2, y), "dW1": dW1, "dW2": dW2}

    def problems(self):
        def of(name):
            return self.right(lambda **numbers: self.run(**numbers)[name])

        def key(name):
            return f"FullyConnected.run(x, W1, b1, W2, b2, y)[{name!r}]"

        draw, tried = self.unseen.normal, sigmoid
        W, delta, z = draw(size=(4, 3)), draw(size=(4, 5)), draw(size=(3, 5))
        a, y = draw(size=(3, 5)), draw(size=(3, 5))
        one = [W[:, :1], delta[:, :1], z[:1, :1]]
        dW, db = dense.gradients(delta, z)
        return [
            Problem("forward", 3, "**1.** Run your network forward. What are $z^{1}$, $z^{2}$ and $C$?",
                    "from teaching.problem_sets import FullyConnected  # SOLUTION NO PROMPT\n"
                    + given(**{name: key(name) for name in ("z1", "z2", "C")}),
                    [has_shape("z1", (3, 1)), has_shape("z2", (2, 1)), has_shape("C", ())],
                    [is_right(name, of(name)) for name in ("z1", "z2", "C")]),
            Problem("output_delta", 2, "**2.** Write $\\delta^{L}$ as a function. A column of each argument is one sample.",
                    written("output_delta(a, y, z)", "from mathref import activations, dense",
                            "return dense.output_delta(a, y, z, activations.sigmoid)"),
                    ["assert np.shape(output_delta(np.ones((2, 3)), np.zeros((2, 3)), np.zeros((2, 3)))) == (2, 3)"],
                    [returns("output_delta", ([a, y, z], dense.output_delta(a, y, z, tried)))]),
            Problem("hidden_delta", 3, "**3.** Write $\\delta^{l}$ as a function of the weights and the errors of the layer "
                                       "after it.",
                    written("hidden_delta(W_next, delta_next, z)", "from mathref import activations, dense",
                            "return dense.hidden_delta(W_next, delta_next, z, activations.sigmoid)"),
                    ["assert np.shape(hidden_delta(np.ones((2, 3)), np.ones((2, 4)), np.zeros((3, 4)))) == (3, 4)"],
                    [returns("hidden_delta", ([W, delta, z], dense.hidden_delta(W, delta, z, tried)),
                             (one, dense.hidden_delta(*one, tried)))]),
            Problem("gradients", 3, "**4.** Write the gradients of $W$ and $b$ as functions. They are means over the batch.",
                    "\n\n".join(written(f"{name}(delta, a_prev)", "from mathref import dense",
                                        f"return dense.gradients(delta, a_prev)[{place}]")
                                for place, name in enumerate(("gradient_of_W", "gradient_of_b"))),
                    ["assert np.shape(gradient_of_W(np.ones((2, 4)), np.ones((3, 4)))) == (2, 3)",
                     "assert np.shape(gradient_of_b(np.ones((2, 4)), np.ones((3, 4)))) == (2, 1)"],
                    [returns("gradient_of_W", ([delta, z], dW)), returns("gradient_of_b", ([delta, z], db))]),
            Problem("back", 2, "**5.** Run your network back. What are $\\partial C / \\partial W^{1}$ and "
                               "$\\partial C / \\partial W^{2}$?",
                    given(**{name: key(name) for name in ("dW1", "dW2")}),
                    [has_shape("dW1", (3, 2)), has_shape("dW2", (2, 3))],
                    [is_right(name, of(name)) for name in ("dW1", "dW2")]),
        ]


def plane(array):
    """Return the only plane of an array, or a plane as an array of one image, or kernel, with one channel."""
    return array[0, 0] if np.ndim(array) == 4 else np.asarray(array, float)[None, None]


class Convolution(ProblemSet):
    """For lesson 2."""

    name = "convolution"
    title = "Backpropagation through a convolution"
    text = ("One image, one channel, one kernel: everything is a plane. The image, the kernel and the error in the first "
            "cell are yours, and small enough for paper. For the functions only NumPy is at hand; loops are welcome.")

    @staticmethod
    def numbers(rng):
        def digits(*shape):
            return rng.choice([-3, -2, -1, 1, 2, 3, 4], shape)

        return {"a_prev": digits(3, 3), "W": digits(2, 2), "delta": digits(2, 2)}

    @staticmethod
    def run(a_prev, W, delta):
        """Return what the layer makes of its numbers, by name."""
        return {"z": plane(conv.forward(plane(W), None, plane(a_prev))),
                "grad_a": plane(conv.input_gradient(plane(W), plane(delta))),
                "dW": plane(conv.gradients(plane(delta), plane(a_prev))[0])}

    def problems(self):
        def of(name):
            return self.right(lambda **numbers: self.run(**numbers)[name])

        def by_hand(name):
            return given(**{name: f"Convolution.run(a_prev, W, delta)[{name!r}]"})

        draw = self.unseen.normal
        image, kernel, error = draw(size=(5, 4)), draw(size=(2, 3)), draw(size=(4, 2))
        wide, row, errors = draw(size=(3, 6)), draw(size=(1, 3)), draw(size=(3, 4))
        cases = [self.run(image, kernel, error), self.run(wide, row, errors)]
        return [
            Problem("z", 2, "**1.** On paper: what is $z = a \\star W$, without bias?",
                    "from teaching.problem_sets import Convolution  # SOLUTION NO PROMPT\n" + by_hand("z"),
                    [has_shape("z", (2, 2))], [is_right("z", of("z"))]),
            Problem("grad_a", 3, "**2.** On paper: what is $\\nabla a$, if `delta` is the error of $z$? Put the kernel "
                                 "on every place of the image, or use the frame of zeros: both give the same.",
                    by_hand("grad_a"), [has_shape("grad_a", (3, 3))], [is_right("grad_a", of("grad_a"))]),
            Problem("dW", 2, "**3.** On paper: what is $\\partial C / \\partial W$?",
                    by_hand("dW"), [has_shape("dW", (2, 2))], [is_right("dW", of("dW"))]),
            Problem("input_gradient", 3, "**4.** Write $\\nabla a$ as a function of the kernel and the error, for planes of "
                                         "any size.",
                    written("input_gradient(W, delta)", "from teaching.problem_sets import conv, plane",
                            "return plane(conv.input_gradient(plane(W), plane(delta)))"),
                    ["assert np.shape(input_gradient(np.ones((2, 3)), np.ones((4, 2)))) == (5, 4)"],
                    [returns("input_gradient", ([kernel, error], cases[0]["grad_a"]), ([row, errors], cases[1]["grad_a"]))]),
            Problem("kernel_gradient", 2, "**5.** Write $\\partial C / \\partial W$ as a function, for planes of any size.",
                    written("kernel_gradient(a_prev, delta)", "from teaching.problem_sets import conv, plane",
                            "return plane(conv.gradients(plane(delta), plane(a_prev))[0])"),
                    ["assert np.shape(kernel_gradient(np.ones((5, 4)), np.ones((4, 2)))) == (2, 3)"],
                    [returns("kernel_gradient", ([image, error], cases[0]["dW"]), ([wide, errors], cases[1]["dW"]))]),
        ]


BACKWARD = """def backward(x, y, W1, b1, W2, b2):
    N = x.shape[1]
    z1 = W1 @ x + b1
    a1 = sigma(z1)
    z2 = W2 @ a1 + b2
    a2 = sigma(z2)
    delta2 = (a2 - y) * sigma_prime(z2)
    delta1 = (W2.T @ delta2) * sigma_prime(z1)
    dW1 = delta1 @ x.T / N
    db1 = np.sum(delta1, axis=1, keepdims=True) / N
    dW2 = delta2 @ a1.T / N
    db2 = np.sum(delta2, axis=1, keepdims=True) / N
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}"""
"""The equations of {doc}`fc_summary` as a program."""

SLIPS = [("W2.T @ delta2) * sigma_prime(z1)", "W2.T @ delta2)"), ("W2.T @", "W2 @"), ("delta1 @ x.T / N", "delta1 @ x.T"),
         ("delta2, axis=1, keepdims=True) / N", "delta2, axis=1, keepdims=True)"), ("delta2 @ a1.T", "delta2 @ a2.T"),
         ("(a2 - y) * sigma_prime(z2)", "a2 - y"), ("sigma_prime(z1)", "sigma_prime(a1)")]
"""Each puts one fault into it that runs without an error."""


class Repair(ProblemSet):
    """For lesson 3."""

    name = "repair"
    title = "Find the fault and repair it"
    text = ("`backward` in the first cell returns the gradients of $C$, the mean over a batch of "
            "$\\frac{1}{2} \\| a^{2} - y \\|^{2}$, for a network with two layers of two units. It runs, and it is wrong: "
            "one line has a fault, and not the same one for everybody. Let the network itself tell where.")

    @staticmethod
    def numbers(rng):
        right, wrong = SLIPS[rng.integers(len(SLIPS))]
        return {"backward": SIGMA.strip() + "\n\n" + BACKWARD.replace(right, wrong)}

    @staticmethod
    def of_network(x, y, W1, b1, W2, b2):
        """Return the gradients that are right, by name."""
        z1 = dense.forward(W1, b1, x)
        a1 = sigmoid(z1)
        z2 = dense.forward(W2, b2, a1)
        delta2 = dense.output_delta(sigmoid(z2), y, z2, sigmoid)
        delta1 = dense.hidden_delta(W2, delta2, z1, sigmoid)
        return dict(zip(("dW1", "db1", "dW2", "db2"), (*dense.gradients(delta1, x), *dense.gradients(delta2, a1))))

    def wrong(self, backward):
        """Return the names of the gradients that a student's function gets wrong."""
        rng, there = np.random.default_rng(0), {"np": np}
        exec(backward, there)
        batch = [rng.normal(size=shape) for shape in ((2, 5), (2, 5), (2, 2), (2, 1), (2, 2), (2, 1))]
        found, right = there["backward"](*batch), self.of_network(*batch)
        return sorted(name for name in right if gradcheck.relative_error(found[name], right[name]) > 1e-6)

    def problems(self):
        def batch(samples):
            return [self.unseen.normal(size=shape) for shape in ((2, samples), (2, samples), (2, 2), (2, 1), (2, 2), (2, 1))]

        names, tries = ("dW1", "db1", "dW2", "db2"), [batch(1), batch(4)]
        x, h = self.unseen.normal(size=(2, 3)), 1e-4
        return [
            Problem("central", 3, "**1.** Write `central(f, x, h)`: the gradient at the array `x` of a function `f` that "
                                  "returns a number, by central differences. `x` has to stay as it is.",
                    written("central(f, x, h)", "from mathref import gradcheck", "return gradcheck.central_difference(f, x, h)"),
                    ["assert np.shape(central(np.sum, np.ones((2, 3)), 1e-4)) == (2, 3)"],
                    [f"x = np.array({plain(x)})\nkept = x.copy()\nfound = central(lambda x: np.sum(x**3), x, {h})\n"
                     f"assert np.allclose(found, {plain(3 * x**2)}, atol=1e-6)\n"
                     "assert np.all(x == kept)"]),
            Problem("wrong", 3, "**2.** Which of its gradients are wrong? Give their names, as in "
                                "`wrong = [\"dW1\", \"db2\"]`; compare every entry, for a batch of several samples.",
                    "from teaching.problem_sets import Repair  # SOLUTION NO PROMPT\n"
                    + given(wrong=f"{self.right(self.wrong)!r}[student]"),
                    [f"assert len(wrong) > 0 and set(wrong) <= set({names})"],
                    [f"assert sorted(wrong) == {self.right(self.wrong)!r}[student]"]),
            Problem("repaired", 4, "**3.** Write `backward` again, without the fault.",
                    written("backward(x, y, W1, b1, W2, b2)", "return Repair.of_network(x, y, W1, b1, W2, b2)"),
                    [f"batch = [np.ones(shape) for shape in ((2, 5), (2, 5), (2, 2), (2, 1), (2, 2), (2, 1))]\n"
                     f"assert sorted(backward(*batch)) == {sorted(names)}"],
                    [returns(f"(lambda *batch: backward(*batch)[{name!r}])",
                             *((values, self.of_network(*values)[name]) for values in tries)) for name in names]),
        ]


SETS = {each.name: each for each in (FullyConnected, Convolution, Repair)}
