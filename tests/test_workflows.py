"""What GitHub would run is run here: every shell step of every workflow, in a copy of the repository.

First the programs of `.venv` are stood in for by one that writes down how it was called: the steps themselves, `make` and
`.ci/run` are real. Then every step runs with the real programs, in a copy of the repository and without what lies elsewhere:
another web, another host, another index of packages, fewer inputs, Python without NumPy in the browser. Only `.ci/run` does
not, since this is a part of it. Steps that need GitHub are not run, and listed with the reason.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from publishing.launch import BRANCH
from test_copies import commit, git, with_remote

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}

NEEDS_GITHUB = {
    "actions/checkout": "fetches the commit that GitHub names",
    "actions/setup-python": "takes a Python from GitHub's store; `make` takes one of this machine",
    "actions/upload-artifact": "keeps files at GitHub",
    "actions/upload-pages-artifact": "keeps the site at GitHub",
    "actions/deploy-pages": "publishes it there",
}

LINKS = "_build/links/_build/html/output.txt"
"""Where `make links` writes what it found."""

STEPS = [(f"{name}:{job}", step) for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()
         for step in content["steps"]]
COMMANDS = sorted({step["run"].strip() for _, step in STEPS if "run" in step})

PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*${{LITE:+ with LITE}}" >> "{log}"
[ "$(wc -l < "{log}")" -ne {fails} ]
"""


@pytest.fixture
def repository(tmp_path):
    """Lay a copy of what the steps read; return what runs a command in it as GitHub does, and tells what was called."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-torch.txt", "benchmarks", ".ci"):
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copyfile)(place, tmp_path / name)
    programs, log = tmp_path / ".venv" / "bin", tmp_path / "called"
    programs.mkdir(parents=True)
    installed = (ROOT / "requirements.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    (programs.parent / "installed").write_bytes(installed)  # so that .ci/environment finds nothing to do

    def run(command, fails=0):  # the call of this number fails
        for name in ("python", "jupyter-book"):
            (programs / name).write_text(PROGRAM.format(log=log, fails=fails))
            (programs / name).chmod(0o755)
        log.write_text("")
        done = subprocess.run(["bash", "-e", "-c", command], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done, log.read_text().splitlines()

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_shell_step_runs_and_calls_what_there_is(repository, command):
    done, called = repository(command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert called
    for program, flag, name, *_ in (line.split() + [""] * 3 for line in called):
        if flag == "-m":
            assert importlib.util.find_spec(name), name
        elif program == "python":
            assert (ROOT / flag).is_file(), flag


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_fails_when_anything_that_it_calls_fails(repository, command):
    _, called = repository(command)
    for number in range(1, len(called) + 1):
        done, until = repository(command, fails=number)
        assert done.returncode != 0 and until == called[:number]


def test_what_the_steps_promise_is_among_what_they_call(repository):
    def calls(command):
        return "\n".join(repository(command)[1])

    assert "-m publishing.build" in calls("bash .ci/run") and "-m pytest" in calls("bash .ci/run")
    assert calls("make pdf").index("publishing.notebooks") < calls("make pdf").index("publishing.build") < calls("make pdf").index("publishing.pdf")
    published = [step["run"].strip() for place, step in STEPS if place == "pages.yml:build" and "run" in step]
    assert published == ["make pdf LITE=1", "make lite"] and "-m publishing.build with LITE" in calls(published[0])
    assert "-m publishing.build\n" in calls("make pdf") and "-m lite_page _build/html " in calls("make lite")
    assert "-m publishing.copies" in calls("make copies")
    assert "--builder linkcheck" in calls("make links") and ".ci/lock.py" in calls("make lock")
    assert "-m benchmarks.editor" in calls("make engines") and "-m benchmarks.fuzz" in calls("make engines")


def test_what_needs_github_is_known_and_why():
    used = {step["uses"].split("@")[0] for _, step in STEPS if "uses" in step}
    assert used == set(NEEDS_GITHUB)
    assert all(("run" in step) != ("uses" in step) for _, step in STEPS)


def test_one_action_has_one_version():
    versions = {step["uses"] for _, step in STEPS if "uses" in step}
    assert len(versions) == len(NEEDS_GITHUB)


def test_what_is_kept_of_a_run_is_what_it_makes(site):
    """The folder of the site, files of the repository, and what `make links` and the tests in a browser write."""
    kept = [line.strip() for _, step in STEPS for line in step.get("with", {}).get("path", "").splitlines()]
    assert kept and ROOT / "_build" / "html" == site
    written = {LINKS, str(Path("_build", "screenshots"))}
    assert [path for path in kept if not (ROOT / path).exists() and path not in written] == []


def test_only_the_job_that_publishes_copies_may_write_to_the_repository():
    rights = {f"{name}:{job}": {**workflow["permissions"], **content.get("permissions", {})}
              for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()}
    assert [place for place, right in rights.items() if right.get("contents") != "read"] == ["pages.yml:copies"]


def test_main_is_published_pull_requests_are_tested_and_once_a_week_all_is_run_again():
    events = {name: workflow[True] for name, workflow in WORKFLOWS.items()}  # YAML reads the key `on` as true
    assert events["pages.yml"] == {"push": {"branches": ["main"]}} and events["test.yml"] == "pull_request"
    assert [entry["cron"].split()[2:] for entry in events["weekly.yml"]["schedule"]] == [["*", "*", "1"]]
    assert any(step.get("with", {}).get("name") == "site" for place, step in STEPS if place.startswith("test.yml"))


def give_real_programs(repository):
    """Let the copy of the repository use the programs that run these tests."""
    (repository / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "jupyter-book"):
        path = repository / ".venv" / "bin" / name
        path.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).with_name(name)}" "$@"\n')
        path.chmod(0o755)
    installed = (repository / "requirements.txt").read_bytes() + (repository / "pyproject.toml").read_bytes()
    (repository / ".venv" / "installed").write_bytes(installed)  # so that .ci/environment finds nothing to do


def step(repository, command, **around):
    """Run a step with the real programs."""
    return subprocess.run(["bash", "-e", "-c", command], cwd=repository, env=os.environ | around, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def copied(copy):
    """Copy all the repository, without what was built or installed in it; what the tests have fetched stays at hand."""
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".cache", "_build", "__pycache__", "*.egg-info"))
    (ROOT / ".cache").mkdir(exist_ok=True)
    (copy / ".cache").symlink_to(ROOT / ".cache")
    give_real_programs(copy)
    return copy


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A copy of the repository for the steps below."""
    return copied(tmp_path_factory.mktemp("whole") / "book")


def test_every_step_is_run_by_a_test_below_or_in_the_tests_that_have_python_in_the_browser():
    below = Path(__file__).read_text(encoding="utf-8").partition("def give_real_programs")[2]
    below += Path(__file__).with_name("test_lite_kernel.py").read_text(encoding="utf-8")
    below += (ROOT / ".ci" / "run").read_text()  # what CI calls runs its own lines
    assert [command for command in COMMANDS if command != "bash .ci/run" and command.partition("  #")[0] not in below] == []


@pytest.mark.thorough
def test_make_copies_publishes_a_branch_of_notebooks_that_bring_mathref(whole, tmp_path):
    clone, bare = tmp_path / "clone", tmp_path / "bare.git"
    shutil.copytree(whole, clone, symlinks=True, ignore=shutil.ignore_patterns("_build"))
    host = with_remote(clone, bare)
    commit(clone, "The book")
    done = step(clone, "make copies", **host)
    assert done.returncode == 0, done.stdout + done.stderr
    names = git(bare, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert names == sorted(f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert git(clone, "rev-parse", "HEAD") in git(bare, "show", f"{BRANCH}:{names[0]}")


@pytest.mark.thorough
def test_make_engines_compares_them_and_tells_how_much_and_fails_when_they_differ(whole):
    command = "make engines CHAPTERS=fc_recursion INPUTS=40"
    done = step(whole, command)
    assert done.returncode == 0 and re.search(r"cells: [1-9]\d* compared, 0 differ", done.stdout), done.stdout + done.stderr
    assert "40 inputs, 0 with a fault" in done.stdout
    engine = whole / "publishing" / "engine" / "evaluate.js"
    right, slip = engine.read_text(encoding="utf-8"), "transpose(tree) { return this.visit(tree.children[0]); }"
    engine.write_text(right.replace("transpose(tree) { return transposed(this.visit(tree.children[0])); }", slip), encoding="utf-8")
    assert slip in engine.read_text(encoding="utf-8")
    done = step(whole, command)
    engine.write_text(right, encoding="utf-8")
    assert done.returncode != 0 and re.search(r"compared, [1-9]\d* differ", done.stdout), done.stdout + done.stderr


def wheel(folder, name, version, needs=""):
    """Write a package without anything in it, but for what it needs."""
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


@pytest.mark.thorough
def test_make_lock_writes_what_uv_finds_into_the_requirements_and_nothing_when_all_is_newest(repository, tmp_path):
    """uv comes from where pip finds it; the packages that it chooses from lie in a folder."""
    give_real_programs(tmp_path)
    packages = tmp_path / "packages"
    packages.mkdir()
    for version in ("1.0", "1.1"):
        wheel(packages, "one", version, "Requires-Dist: two\n")
    wheel(packages, "two", "2.0")
    wheel(packages, "setuptools", "99.0")
    (tmp_path / "requirements.txt").write_text("# Wanted\none==1.0                      # the first\n\n# What those need\nsetuptools==98.0\n\n"
                                                  "# mathref itself, from this folder\n-e .\n")
    (tmp_path / "uv.toml").write_text(f'no-index = true\nfind-links = ["{packages}"]\ncache-dir = "{tmp_path / "cache"}"\n')
    for said in ("+ one==1.1                      # the first\n", "Nothing is newer.\n"):
        give_real_programs(tmp_path)
        done = step(tmp_path, "make lock", UV_CONFIG_FILE=str(tmp_path / "uv.toml"))
        assert done.returncode == 0 and said in done.stdout, done.stdout + done.stderr
    assert (tmp_path / "requirements.txt").read_text() == (
        "# Wanted\none==1.1                      # the first\n\n# What those need\nsetuptools==99.0\ntwo==2.0\n\n"
        "# mathref itself, from this folder\n-e .\n")
    assert '"setuptools==99.0"' in (tmp_path / "pyproject.toml").read_text()


WEB = """# Stands in for the web: every address is there but one, and all that were asked are written down.
import io
import os

import requests

def send(self, request, **options):
    with open(os.environ["ASKED"], "a") as asked:
        print(request.url, file=asked)
    answer = requests.Response()
    answer.status_code = 404 if request.url == os.environ["GONE"] else 200
    answer.url, answer.request, answer.raw = request.url, request, io.BytesIO()
    return answer

requests.adapters.HTTPAdapter.send = send
"""


@pytest.mark.thorough
def test_make_links_asks_every_address_of_the_chapters_and_fails_by_name_when_one_is_gone(repository, tmp_path):
    give_real_programs(tmp_path)
    for name in ("_config.yml", "_toc.yml", "book", "notebooks", "mathref", "publishing", "README.md", "LICENSE"):
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copyfile)(place, tmp_path / name)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "sitecustomize.py").write_text(WEB)
    written = {address.rstrip(".,") for path in (ROOT / "book").glob("*.md")
               for address in re.findall(r"\]\((https://[^)\s#]+)", path.read_text(encoding="utf-8"))}

    def links(gone=""):
        asked = tmp_path / "asked"
        asked.write_text("")
        done = step(tmp_path, "make links", PYTHONPATH=str(tmp_path / "web"), ASKED=str(asked), GONE=gone)
        output = tmp_path / LINKS
        assert output.exists(), done.stdout + done.stderr
        return done, set(asked.read_text().split()), output.read_text()

    done, asked, output = links()
    assert done.returncode == 0 and "[broken]" not in output, done.stdout + done.stderr
    assert len(written) > 10 and written - asked == set()
    gone = max(written)
    done, _, output = links(gone)
    [line] = [line for line in output.splitlines() if "[broken]" in line]
    assert done.returncode != 0 and gone in line
