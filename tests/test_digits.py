"""The network that the figure reads digits with is the one that the chapter trains, and it reads what it has not seen."""

import json
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mathref import gradcheck
from mathref.widgets import digits as figure
from publishing import digits
from publishing.notebooks import read_chapters
from test_repository import ROOT

CHAPTERS = read_chapters(ROOT)


@pytest.fixture(scope="module")
def left():
    """What the training cells of the chapter leave behind, run as they stand."""
    return digits.trained(CHAPTERS["digits"])


def steps(text):
    data = json.loads(re.search(r"TRAINED = (\{.*\});", text, re.DOTALL)[1])
    return [np.array(data[name]["steps"]) for name in digits.NAMES], [data[name]["power"] for name in digits.NAMES], data


def test_the_weights_of_the_figure_are_those_that_the_chapter_trains(left):
    """But for the last digit of a step: another processor may round the other way."""
    found, powers, data = steps(digits.DATA.read_text(encoding="utf-8"))
    expected, other_powers, other = steps(digits.module(left, ""))
    assert powers == other_powers and data["examples"] == other["examples"]
    for one, two in zip(found, expected, strict=True):
        assert np.max(np.abs(one - two)) <= 1 and np.mean(one != two) < 0.01
    for read, parameter in zip(figure.network().parameters, left["network"].parameters, strict=True):
        assert read.shape == parameter.shape
        assert np.max(np.abs(read - parameter)) <= np.max(np.abs(parameter)) / 100


def test_the_network_reads_98_percent_of_what_it_has_not_seen_and_so_do_the_rounded_weights(left):
    data = load_digits()
    held = left["held"]
    assert len(held) == 359 and not set(held) & set(left["rest"]) and len(set(held) | set(left["rest"])) == 1797
    for network in (left["network"], figure.network()):
        assert np.mean(network.predict(data.data[held].T / 16) == data.target[held]) >= 0.98


@pytest.mark.thorough
def test_two_trainings_on_one_machine_are_the_same_to_the_last_digit(left):
    again = digits.trained(CHAPTERS["digits"])
    for one, two in zip(left["network"].parameters, again["network"].parameters, strict=True):
        assert np.array_equal(one, two)


def test_the_examples_are_digits_that_were_held_out_two_of_each_and_all_that_are_read_wrong(left):
    images = [np.round(16 * image).astype(int) for image in figure.examples()]
    held = {tuple(left["digits"].images[n].astype(int).ravel()): n for n in left["held"]}
    numbers = [held[tuple(image.ravel())] for image in images]
    target = left["digits"].target
    assert all(np.sum(target[numbers] == digit) >= 2 for digit in range(10))
    wrong = left["held"][left["network"].predict(left["x_held"]) != target[left["held"]]]
    assert set(wrong) <= set(numbers) and len(set(numbers)) == len(numbers) <= 20 + len(wrong)


def test_every_gradient_of_the_trained_network_is_that_of_running_it(left):
    network, rng = left["network"], np.random.default_rng(0)
    x, y = rng.normal(size=(64, 3)), np.eye(10)[:, [2, 7, 2]]
    names = list(digits.NAMES)
    assert gradcheck.check(lambda parts: network.with_parameters(list(parts.values())).cost(x, y),
                           dict(zip(names, network.gradients(x, y))), dict(zip(names, network.parameters)), by="complex",
                           directions=10, rng=rng)


def test_what_is_written_is_stale_when_a_training_cell_or_the_mathematics_changes_and_not_when_the_prose_does(tmp_path):
    path = tmp_path / "network.js"
    chapter = read_chapters(ROOT)["digits"]
    assert digits.is_stale(ROOT, {"digits": chapter}, path)
    path.write_text(f"// Made from {digits.made_from(ROOT, chapter)}\n")
    assert not digits.is_stale(ROOT, {"digits": chapter}, path)
    prose = next(cell for cell in chapter.cells if cell.cell_type == "markdown")
    prose.source += "\n\nOne more sentence."
    assert not digits.is_stale(ROOT, {"digits": chapter}, path)
    trains = next(cell for cell in chapter.cells if digits.TAG in cell.metadata.get("tags", []))
    trains.source += "\n# one more line"
    assert digits.is_stale(ROOT, {"digits": chapter}, path)
    assert not digits.is_stale(ROOT, {}, path)


def test_what_is_written_is_not_stale():
    assert not digits.is_stale(ROOT, CHAPTERS)
