"""The types of `mathref`: they are complete, they say what the code says, and a program that uses it wrongly is refused.

They stand in stubs beside the modules, because the modules are read as mathematics and printed in the chapters. A stub can
drift away from its module; mypy's stubtest compares each with what Python finds.
"""

import subprocess
import sys

import mypy  # noqa: F401  so that this file is left out where it is not installed
import pytest

from test_repository import ROOT

pytestmark = pytest.mark.thorough

RIGHT = """
import numpy as np

from mathref import activations, autograd, conv, cost, dense, gradcheck, im2col, network, sgd, softmax
from mathref.engine.session import Outcome, Session
from mathref.widgets import LayerForward

rng = np.random.default_rng(0)
W, b, x, y = rng.normal(size=(3, 2)), [[0.1], [0.2], [0.3]], np.ones((2, 5)), np.zeros((3, 5))
z = dense.forward(W, b, x)
a = activations.sigmoid(z)
delta = dense.output_delta(a, y, z, activations.sigmoid)
dW, db = dense.gradients(delta, x)
W, b_new = sgd.step([W, b], [dW, db], 0.1)
C: float = cost.half_squared_error(a, y)
planes = conv.forward(np.ones((2, 1, 3, 3)), None, np.ones((4, 1, 8, 8)), stride=(2, 1), padding=((1, 0), (0, 2)))
same = im2col.forward(np.ones((2, 1, 3, 3)), None, np.ones((4, 1, 8, 8)), stride=2)
report = gradcheck.check(lambda W: cost.half_squared_error(W @ x, y), dW, W)
if not report:
    print(report.place, report.error + 1)
digits = network.Sequential([network.Flatten(), network.Dense(np.ones((10, 64)), np.zeros((10, 1)))])
total = sum(gradient.size for gradient in digits.gradients(np.ones((4, 1, 8, 8)), softmax.softmax(np.ones((10, 4)))))
node = 2.0 * autograd.Node(x) @ autograd.Node(np.ones((5, 1)))
gradient, = autograd.gradients(node.sum(), node)
statuses = [outcome.status.upper() for outcome in list[Outcome]()]
program, runs = Session().program("")
rows: list[list[float]] = LayerForward().z
"""

WRONG = {
    'dense.output_delta(a, y, z, "sigmoid")': 'has incompatible type "str"; expected "Activation"',
    "dense.forward(W, x)": 'Missing positional argument "a_prev"',
    "gradcheck.check(np.sum, dW, W, by='forward')": 'expected "Literal[\'central\', \'complex\']"',
    "conv.forward(planes, None, planes, stride=0.5)": 'has incompatible type "float"; expected "int | Sequence[int]"',
    "report.worst": 'has no attribute "worst"',
}


def run(program, *arguments):
    return subprocess.run([sys.executable, "-m", program, *arguments], cwd=ROOT, capture_output=True, text=True)


def test_a_stub_says_what_its_module_says():
    done = run("mypy.stubtest", "mathref", "--mypy-config-file", "pyproject.toml", "--allowlist", "tests/stubtest.txt")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_a_stub_and_the_package_says_that_it_has_types():
    modules = {path.with_suffix("") for path in (ROOT / "mathref").rglob("*.py")}
    assert {path.with_suffix("") for path in (ROOT / "mathref").rglob("*.pyi")} == modules
    assert (ROOT / "mathref" / "py.typed").read_bytes() == b""


def test_a_program_that_uses_the_package_is_checked_and_a_wrong_one_refused(tmp_path):
    program = tmp_path / "uses_mathref.py"
    program.write_text(RIGHT + "\n".join(WRONG) + "\n")
    done = run("mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(program))
    complaints = [line for line in done.stdout.splitlines() if ": error: " in line]
    first = RIGHT.count("\n") + 1
    said = {int(line.split(":")[1]) - first: line for line in complaints}
    assert sorted(said) == list(range(len(WRONG))), done.stdout + done.stderr
    for place, words in enumerate(WRONG.values()):
        assert words in said[place]
