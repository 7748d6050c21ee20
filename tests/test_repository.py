"""Facts about the repository that would rot unseen."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def tracked():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).exists()]


APART = sorted(ROOT.glob("requirements-*.txt"))  # packages that only some chapters and tests need, with what they bring


def requirement_lines(path=ROOT / "requirements.txt"):
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def by_name(lines):
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def requirements():
    return by_name(requirement_lines()[:-1])


# What is installed

def test_requirements_pin_one_version_of_each_package_and_end_with_the_package_itself():
    *lines, last = requirement_lines()
    assert last == "-e ."
    assert len(requirements()) == len(lines)
    for line in lines:
        requirement = Requirement(line)
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), line
        assert requirement.url is None and not requirement.extras, line


def test_every_package_that_another_one_brings_stands_in_the_requirements_too():
    pinned, missing = requirements(), []
    for name, own in pinned.items():
        if own.marker and not own.marker.evaluate():
            continue
        for needed in map(Requirement, metadata.requires(name) or []):
            if (not needed.marker or needed.marker.evaluate({"extra": ""})) and canonicalize_name(needed.name) not in pinned:
                missing.append(f"{needed.name}, which {name} brings")
    assert not missing, missing


def test_what_is_installed_is_what_the_requirements_say():
    wrong = [f"{name} {metadata.version(name)}" for name, requirement in requirements().items()
             if (not requirement.marker or requirement.marker.evaluate())
             and not requirement.specifier.contains(metadata.version(name), prereleases=True)]
    assert not wrong, wrong


@pytest.mark.parametrize("path", APART, ids=lambda path: path.name)
def test_what_is_needed_apart_is_pinned_too_and_not_in_the_requirements(path):
    own = by_name(requirement_lines(path))
    assert path.stem.removeprefix("requirements-") in own and not set(own) & set(requirements())
    assert all(re.fullmatch(r"==[^*,]+", str(requirement.specifier)) for requirement in own.values())


@pytest.mark.parametrize("path", APART, ids=lambda path: path.name)
def test_what_is_needed_apart_brings_nothing_else_and_is_there_in_its_version_or_not_at_all(path):
    """What a package itself asks for in one version, as PyTorch does for graphics cards, needs no line."""
    own, wrong = by_name(requirement_lines(path)), []
    installed = {name: distribution for name in own for distribution in metadata.distributions(name=name)}
    if path.stem.removeprefix("requirements-") in installed:
        for name, requirement in own.items():
            if name not in installed or not requirement.specifier.contains(installed[name].version):
                wrong.append(f"{requirement}, which is not what is installed")
        for needed in (Requirement(line) for name in installed for line in metadata.requires(name) or []):
            applies = not needed.marker or needed.marker.evaluate({"extra": ""})
            has_line = canonicalize_name(needed.name) in {**requirements(), **own}
            if applies and not has_line and not str(needed.specifier).startswith("=="):
                wrong.append(f"{needed}, which has no line")
    assert not wrong, wrong


def test_ci_installs_what_is_needed_apart_and_the_benchmarks_include_what_they_time():
    ci, makefile = ((ROOT / name).read_text() for name in (".ci/run", "Makefile"))
    assert re.search("^make pytorch ", ci, re.MULTILINE)
    for path in APART:
        assert re.search(rf"^\s*\S+ (-m )?pip install .* -r {path.name}$", ci + makefile, re.MULTILINE)
    assert "-r ../requirements-torch.txt" in requirement_lines(ROOT / "benchmarks" / "requirements.txt")


def test_a_python_that_was_asked_for_and_will_not_do_is_not_replaced_by_another(tmp_path):
    done = subprocess.run(["sh", ROOT / ".ci" / "environment", "./typo"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("./typo is not Python 3.11, 3.12 or 3.13.")
    assert not (tmp_path / ".venv").exists()


def test_one_version_of_setuptools_builds_the_package_everywhere():
    [build] = map(Requirement, PROJECT["build-system"]["requires"])
    assert build.specifier == requirements()["setuptools"].specifier


def test_binder_and_ci_take_pythons_that_the_package_supports():
    lowest, highest = (int(minor) for minor in re.search(r"\(3, (\d+)\) <= .* <= \(3, (\d+)\)", (ROOT / ".ci" / "environment").read_text()).groups())
    supported = SpecifierSet(f">=3.{lowest},<3.{highest + 1}")  # what the requirements are for; the package alone goes on, to Pyodide's
    assert PROJECT["project"]["requires-python"] == f">=3.{lowest}"
    assert (ROOT / "runtime.txt").read_text().removeprefix("python-").strip() in supported
    matrix = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == [minor for minor in map("3.{}".format, range(8, 20)) if minor in supported]


# One way to do it

def make(*arguments):
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def targets():
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    return set(declared) - {"environment"}


def test_help_lists_every_target_and_every_target_exists():
    listed = dict(line.removeprefix("make ").split(None, 1) for line in make("help").splitlines())
    assert set(listed) == targets() >= {"book", "serve", "notebooks", "test", "bench", "clean", "help"}
    for target in targets():
        make("--dry-run", target)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_the_makefile_and_pin_their_actions(path):
    steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    commands = [step["run"].strip() for step in steps if "run" in step]
    assert commands
    for command in commands:
        assert command.removesuffix(" LITE=1") in {"bash .ci/run", *(f"make {target}" for target in targets())}, command
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]


def test_ci_ends_in_the_readmes_test_command():
    assert (ROOT / ".ci" / "run").read_text().rstrip().splitlines()[-1] == "exec make test thorough </dev/null"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make book" in readme and "make test" in readme


@pytest.mark.thorough
def test_the_package_can_be_installed_without_the_repository(tmp_path):
    """A wheel, as on Colab, holds every file of the package: modules, types, grammar, equations, figures, colours. It asks for
    NumPy and nothing else, unless one of its parts is asked for."""
    files = {path.relative_to(ROOT).as_posix(): path for path in tracked() if path.relative_to(ROOT).parts[0] == "mathref"}
    for name, path in {**files, **{n: ROOT / n for n in ("pyproject.toml", "README.md", "LICENSE")}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tmp_path / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    assert set(files) <= set(zipfile.ZipFile(wheel).namelist())
    [told] = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA"))
    needed = map(Requirement, re.findall(r"^Requires-Dist: (.*)$", zipfile.ZipFile(wheel).read(told).decode(), re.MULTILINE))
    assert {one.name for one in needed if not one.marker or one.marker.evaluate({"extra": ""})} == {"numpy"}


GRADIENTS = """
import numpy as np
from mathref import conv, dense, gradcheck, im2col

rng = np.random.default_rng(0)

W, b, a_prev, delta = (rng.normal(size=size) for size in ((2, 3), (2, 1), (3, 4), (2, 4)))
dW, db = dense.gradients(delta, a_prev)
assert gradcheck.relative_error(4 * dW, gradcheck.complex_step(lambda W: np.sum(delta * dense.forward(W, b, a_prev)), W)) < 1e-12

W, b, a_prev, delta = (rng.normal(size=size) for size in ((2, 3, 3, 2), (2,), (4, 3, 5, 4), (4, 2, 3, 3)))
for gradients in (conv.gradients, im2col.gradients):
    dW, db = gradients(delta, a_prev)
    assert gradcheck.relative_error(4 * dW, gradcheck.complex_step(lambda W: np.sum(delta * conv.forward(W, b, a_prev)), W)) < 1e-12
"""


@pytest.mark.thorough
def test_pip_install_in_a_clone_brings_numpy_alone_and_that_takes_gradients(tmp_path):
    clone, python = tmp_path / "clone", tmp_path / "empty" / "bin" / "python"
    for path in tracked():
        (clone / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, clone / path.relative_to(ROOT))
    (tmp_path / "pins").write_text(f"numpy{requirements()['numpy'].specifier}\n")
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*words):
        done = subprocess.run([python, *words], cwd=clone, env=alone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def installed():
        return {canonicalize_name(package["name"]) for package in json.loads(run("-m", "pip", "--disable-pip-version-check", "list", "--format=json"))}

    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    before = installed()
    assert before <= {"pip", "setuptools"}  # Python 3.11 has both
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", tmp_path / "pins", ".")
    assert installed() - before == {"mathref", "numpy"}
    shutil.rmtree(clone / "mathref")  # what runs is what was installed
    run("-c", GRADIENTS)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_what_the_readme_and_the_map_point_at_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    linked = {target for target in re.findall(r"\]\(([^)#:]+)\)", text)}
    named = {path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not path.startswith((".venv", "_build"))}
    named |= {command.split()[1] for command in re.findall(r"`(make \w+)`", text) if command.split()[1] not in targets()}
    assert linked | named
    assert not [path for path in linked | named if not (ROOT / path).exists()]


# What must not stand here

FOREIGN = {
    "the folder beside this one": r"\.\./shared\b",
    "a path of one machine": r"(?<![\w.+/-])/(?:work|root|home|Users)/\w|\b[A-Z]:\\Users",
    "a package registry": r"\b(?:pypi|pythonhosted|npmjs|registry\.yarnpkg|deb\.debian|anaconda)\.(?:org|com|io)\b",
}


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {what}: {match[0]}" for what, pattern in FOREIGN.items()
                  for match in re.finditer(pattern, text)]
    assert not found, "\n".join(found)


def test_what_is_built_is_not_committed():
    built = {"_build", ".venv", ".cache", "__pycache__", ".ipynb_checkpoints", "mathref.egg-info"}
    assert not [path for path in tracked() if built & set(path.relative_to(ROOT).parts)]


# Who may use it, and how it is cited

def test_both_licences_stand_in_one_file_and_the_package_names_its_own():
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "BSD 3-Clause License" in licence and "Redistributions in binary form" in licence
    assert "Creative Commons Attribution 4.0" in licence and "creativecommons.org/licenses/by/4.0" in licence
    assert PROJECT["project"]["license"] == "BSD-3-Clause" == metadata.metadata("mathref")["License-Expression"]


def test_the_citation_is_complete_and_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"title", "message", "authors", "license", "type", "abstract"} <= set(citation)
    assert citation["version"] == PROJECT["project"]["version"]
    assert citation["title"] == yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]


# What the package needs

PARTS = {"mathref.engine": {"lark", "IPython"}, "mathref.visual": {"matplotlib", "IPython"},
         "mathref.widgets": {"anywidget", "traitlets", "ipywidgets", "IPython"}}
"""The parts that stand on the mathematics, each with the packages that it adds."""


def modules():
    paths = (path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "mathref")
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return sorted(names)


def part(module):
    """Return the part that a module belongs to, or "" for the mathematics itself."""
    package = ".".join(module.split(".")[:2])
    return package if package in PARTS else ""


def imported(module):
    """Return what a module imports, at the top or inside a function, by full name."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package.split(".")[: len(package.split(".")) + 1 - node.level], *filter(None, [node.module])])
            base = base if node.level else node.module
            yield from (f"{base}.{alias.name}" for alias in node.names) if base.startswith("mathref") else [base]


@pytest.mark.parametrize("module", modules())
def test_dependencies_run_one_way(module):
    allowed = {"numpy"} | PARTS.get(part(module), set())
    for name in imported(module):
        top = name.split(".")[0]
        assert top in sys.stdlib_module_names or top == "mathref" or top in allowed, f"{module} imports {name}"
        assert part(name) in ("", part(module)), f"{module} imports {name}"


def test_the_mathematics_imports_with_numpy_alone():
    core = [module for module in modules() if not part(module)]
    assert {f"mathref.{name}" for name in ("activations", "conv", "cost", "dense", "gradcheck", "sgd")} <= set(core)
    program = f"""
import importlib, sys

class Nothing_else:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {{"mathref", "numpy", *sys.stdlib_module_names}}:
            raise ImportError(f"{{name}} is not there")

sys.meta_path.insert(0, Nothing_else())
for module in {json.dumps(core)}:
    importlib.import_module(module)
assert not {{*{list(PARTS)}}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
