"""The problem sets: their key is right, what is wrong earns nothing, and what a student gets gives nothing away."""

import re
from pathlib import Path

import nbformat
import pytest

from teaching import make
from teaching.otter import YOURS
from teaching.problem_sets import BACKWARD, SETS, SLIPS, Repair

STUDENTS = ["ada", "blaise", "sofia"]
SECRET = b"a secret of the tests"


@pytest.fixture(scope="module", params=SETS)
def of_class(request):
    """A problem set, made for a class."""
    return SETS[request.param](SECRET, STUDENTS)


def cells(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def questions(notebook):
    """Return of each question its name, the key, and its tests: [(hidden, points, code), …]."""
    found, name, inside, key, tests = [], None, "", "", []
    for cell in notebook.cells:
        if cell.cell_type == "raw":
            inside = cell.source.splitlines()[0].removeprefix("# ")
            if inside == "BEGIN QUESTION":
                name, key, tests = re.search("name: (.*)", cell.source)[1], "", []
            elif inside == "END QUESTION":
                found.append((name, key, tests))
        elif inside == "BEGIN SOLUTION" and cell.cell_type == "code":
            key = cell.source
        elif inside == "BEGIN TESTS":
            head, code = cell.source.split('""" # END TEST CONFIG\n')
            tests.append(("hidden: true" in head, float(re.search("points: (.*)", head)[1]), code))
    return found


def graded(problem_set, student, answers):
    """Return the points of each question: each is answered by code, the key or another, and every test is run."""
    there = {}
    exec(problem_set.cell_of(student), there)
    earned = {}
    for name, key, tests in questions(problem_set.notebook()):
        try:
            exec(answers.get(name, key), there)
        except Exception:
            pass  # Jupyter goes on with the next cell
        earned[name] = sum(points for hidden, points, code in tests if passes(code, there))
    return earned


def passes(code, there):
    try:
        exec(code, dict(there))
    except Exception:
        return False
    return True


def total(problem_set):
    return {name: sum(points for *_, points, _ in tests) for name, _, tests in questions(problem_set.notebook())}


# The key

@pytest.mark.parametrize("student", STUDENTS)
def test_the_key_earns_all_points_with_the_numbers_of_every_student(of_class, student):
    assert graded(of_class, student, {}) == pytest.approx(total(of_class))


def test_points_are_shared_among_the_tests_without_a_rest(of_class):
    """otter-grader refuses a question whose tests earn a millionth more than the question."""
    said = dict(re.findall(r"^name: (\w+)\npoints: (\d+)$", "\n".join(cells(of_class.notebook(), "raw")), re.MULTILINE))
    assert {name: str(int(points)) for name, points in total(of_class).items()} == said
    assert all(points % 0.25 == 0 for *_, tests in questions(of_class.notebook()) for _, points, _ in tests)


def test_an_answer_that_is_missing_earns_nothing(of_class):
    blank = {name: re.sub(r"# BEGIN SOLUTION.*?# END SOLUTION", "...", re.sub("= .*# SOLUTION", "= ...", key), flags=re.DOTALL)
             for name, key, _ in questions(of_class.notebook())}
    assert set(graded(of_class, "ada", blank).values()) == {0}


WRITTEN = {  # by a student who has NumPy alone: right, and what goes wrong
    "fully_connected": {
        "output_delta": ("def output_delta(a, y, z):\n    return (a - y) * sigma_prime(z)",
                         ["(a - y)", "(y - a) * sigma_prime(z)", "(a - y) * sigma(z)", "(a - y) * sigma_prime(z) / a.shape[1]"]),
        "hidden_delta": ("def hidden_delta(W_next, delta_next, z):\n    return (W_next.T @ delta_next) * sigma_prime(z)",
                         ["W_next.T @ delta_next", "(W_next @ delta_next) * sigma_prime(z)", "(W_next.T @ delta_next) * sigma(z)",
                          "W_next.T @ (delta_next * sigma_prime(z))"]),
        "gradients": ("def gradient_of_W(delta, a_prev):\n    return delta @ a_prev.T / delta.shape[1]\n"
                      "def gradient_of_b(delta, a_prev):\n    return delta.mean(axis=1, keepdims=True)",
                      ["delta @ a_prev.T", "a_prev @ delta.T / delta.shape[1]", "delta @ a_prev.T / len(delta)"]),
    },
    "convolution": {
        "input_gradient": ("def input_gradient(W, delta):\n    grad_a = np.zeros(np.add(W.shape, delta.shape) - 1)\n"
                           "    for i, j in np.ndindex(delta.shape):\n"
                           "        grad_a[i:i + len(W), j:j + len(W[0])] += delta[i, j] * W\n    return grad_a",
                           ["np.rot90(grad_a, 2)", "grad_a.T", "grad_a / 2", "-grad_a"]),
        "kernel_gradient": ("def kernel_gradient(a_prev, delta):\n    rows, columns = np.subtract(a_prev.shape, delta.shape) + 1\n"
                            "    return np.array([[np.sum(a_prev[p:p + len(delta), q:q + len(delta[0])] * delta)\n"
                            "                      for q in range(columns)] for p in range(rows)])", []),
    },
    "repair": {
        "central": ("def central(f, x, h):\n    gradient = np.zeros(x.shape)\n    for i in np.ndindex(x.shape):\n"
                    "        step = np.zeros(x.shape)\n        step[i] = h\n"
                    "        gradient[i] = (f(x + step) - f(x - step)) / (2 * h)\n    return gradient",
                    ["gradient * 2", "gradient.T", "gradient + h"]),
        "repaired": (BACKWARD, []),
    },
}


def test_what_a_student_writes_with_numpy_alone_earns_the_points_and_its_slips_earn_fewer(of_class):
    for name, (right, slips) in WRITTEN[of_class.name].items():
        assert graded(of_class, "ada", {name: right})[name] == pytest.approx(total(of_class)[name])
        before, _, after = right.partition("return ")
        for slip in slips:
            _, line, rest = after.partition("\n")
            assert graded(of_class, "ada", {name: f"{before}return {slip}{line}{rest}"})[name] < total(of_class)[name], slip


def test_a_kernel_that_is_not_turned_the_right_way_and_a_swapped_order_are_noticed():
    of_class = SETS["convolution"](SECRET, STUDENTS)
    scattered, _ = WRITTEN["convolution"]["input_gradient"]
    assert graded(of_class, "ada", {"input_gradient": scattered.replace("* W", "* W[::-1, ::-1]")})["input_gradient"] == 0
    gathered, _ = WRITTEN["convolution"]["kernel_gradient"]
    assert graded(of_class, "ada", {"kernel_gradient": gathered + "[::-1, ::-1]"})["kernel_gradient"] == 0


@pytest.mark.parametrize("right, wrong", SLIPS)
def test_every_fault_of_the_program_to_repair_shows_in_a_gradient_and_earns_no_full_points(right, wrong):
    of_class, faulty = Repair(SECRET, STUDENTS), BACKWARD.replace(right, wrong)
    assert faulty != BACKWARD
    assert of_class.wrong(of_class.of_student["ada"]["backward"].split("def backward")[0] + faulty)
    assert graded(of_class, "ada", {"repaired": faulty})["repaired"] < 4


# What each student gets

def test_every_student_has_numbers_of_their_own_and_the_same_secret_makes_the_same_ones(of_class):
    drawn = [of_class.cell_of(student) for student in STUDENTS]
    assert [type(of_class)(SECRET, STUDENTS[::-1]).cell_of(student) for student in STUDENTS] == drawn
    assert [type(of_class)(b"another", STUDENTS).cell_of(student) for student in STUDENTS] != drawn
    many = type(of_class)(SECRET, [f"student-{number}" for number in range(40)])
    assert len({many.cell_of(student).replace(student, "") for student in many.students}) == (7 if of_class.name == "repair" else 40)


@pytest.mark.parametrize("name", ["fully_connected", "convolution"])
def test_the_numbers_of_another_student_earn_nothing(name):
    of_class, there, of_own_numbers = SETS[name](SECRET, STUDENTS), {}, 0
    exec(of_class.cell_of("ada"), there)
    for _, key, tests in questions(of_class.notebook()):
        exec(key, there)
        for code in (code for *_, code in tests if "[student]" in code):
            assert passes(code, there) and not passes(code, {**there, "student": "blaise"})
            of_own_numbers += 1
    assert of_own_numbers >= 3


def test_a_notebook_is_handed_out_with_the_students_own_cell_and_name_and_nothing_else_changed(of_class, tmp_path):
    without_key = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('grader = otter.Notebook("without.ipynb")'),
                                                  nbformat.v4.new_markdown_cell("# Title"),
                                                  nbformat.v4.new_code_cell(of_class.cell_of("ada")),
                                                  nbformat.v4.new_code_cell("z = ...")])
    nbformat.write(without_key, tmp_path / "without.ipynb")
    make.hand_out(of_class, tmp_path / "without.ipynb", tmp_path / "students")
    for student in STUDENTS:
        otter, title, own, rest = nbformat.read(tmp_path / "students" / f"{student}.ipynb", as_version=4).cells
        assert otter.source == f'grader = otter.Notebook("{student}.ipynb")'
        assert own.source == of_class.cell_of(student) and own.source.startswith(YOURS) and f"'{student}'" in own.source
        assert (title.source, rest.source) == ("# Title", "z = ...")
        there = {}
        exec(own.source, there)
        assert there["student"] == student


@pytest.mark.parametrize("listed, says", [
    ("", "is empty"), ("ada\nada", "ada stands in .* twice"), ("ada\n../blaise", "'../blaise' is no name for a file"),
    ("ada lovelace", "is no name")])
def test_names_that_cannot_be_told_apart_or_be_files_are_refused(tmp_path, listed, says):
    (tmp_path / "students.txt").write_text(listed)
    with pytest.raises(ValueError, match=says):
        make.names(tmp_path / "students.txt")


def test_a_secret_is_made_once_and_kept(tmp_path, capsys):
    first = make.secret_of(tmp_path / "kept" / "secret")
    assert len(first) == 64 and make.secret_of(tmp_path / "kept" / "secret") == first
    assert capsys.readouterr().out.count("Made a new secret") == 1


def test_no_answer_is_kept_in_the_repository_and_what_is_made_is_ignored():
    root = Path(__file__).parent.parent
    assert "/_teaching/" in (root / ".gitignore").read_text().splitlines() and make.FOLDER == root / "_teaching"
    assert not list((root / "teaching").glob("*.ipynb")) and not list((root / "teaching").glob("*secret*"))
