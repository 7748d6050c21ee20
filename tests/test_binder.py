"""Binder's promise: an empty environment, the steps of repo2docker alone, a real Jupyter server, and the notebooks run.

What Binder does with a repository is asked of repo2docker itself. It is not in a container here, nor has the environment
the notebook server that repo2docker puts into every image before: requirements.txt brings one. Nor is it this machine: the kernels run there without the vector units that NumPy and OpenBLAS found here, so that sums
are taken in another order and have other last bits.

The environment is made from a copy of what git tracks, as Binder makes it from a clone, and kept in .cache/ under a hash
of what it is made from.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
import websocket
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from binder_image import planned
from outputs import comparable
from publishing.fingerprint import fingerprint
from publishing.needs import needed, requirements

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUN = [path for path in NOTEBOOKS if not needed(path)]
READ = [path for path in NOTEBOOKS if needed(path)]  # they need a package that Binder does not have
SECONDS = 120


@pytest.fixture(scope="module")
def clone():
    """A copy of what git tracks, beside an environment that was made by the steps of repo2docker alone."""
    name = fingerprint(ROOT, ("requirements.txt", "pyproject.toml", "mathref", "tests/repo2docker.txt"), sys.version)[:16]
    folder = ROOT / ".cache" / "binder" / name
    clone, environment = folder / "clone", folder / "environment"
    if (environment / "complete").exists():
        copy_tracked_files(clone)
        return clone
    shutil.rmtree(folder.parent, ignore_errors=True)
    copy_tracked_files(clone)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    for step in planned(clone)["steps"]:
        done = subprocess.run(["bash", "-e", "-c", step.replace("--no-cache-dir ", "")], cwd=clone, capture_output=True, text=True,
                              env={**bare_environment(clone), "KERNEL_PYTHON_PREFIX": str(environment), "PIP_QUIET": "1", "PIP_NO_COMPILE": "1"})
        assert done.returncode == 0, done.stderr
    (environment / "complete").touch()
    return clone


def copy_tracked_files(clone):
    """Lay the files that git tracks, as they are now, and nothing else."""
    shutil.rmtree(clone, ignore_errors=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, clone / name)


def bare_environment(clone):
    """Return the environment variables of this process without what could lend packages or settings to another."""
    own = {name: value for name, value in os.environ.items()
           if not name.startswith(("PYTHON", "JUPYTER", "IPYTHON", "VIRTUAL_ENV", "PYTEST", "COV"))}
    places = {name: str(clone.parent / "jupyter" / name.lower())
              for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    path = os.pathsep.join([str(clone.parent / "environment" / "bin"), os.environ["PATH"]])  # as Binder's image has it
    return {**own, **places, "PATH": path, "PYTHONNOUSERSITE": "1"}


def older_processor():
    """Return the environment variables that take this processor's vector units away from NumPy and OpenBLAS."""
    units = {"NPY_DISABLE_CPU_FEATURES": " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name])}
    return {"OPENBLAS_CORETYPE": "Nehalem", **units} if __cpu_features__["SSE42"] else units


class Server:
    """A Jupyter server on this machine, and what a notebook's page asks of it."""

    def __init__(self, address, token):
        self.address = address
        self.headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def ask(self, method, path, content=None):
        """Return the answer of the server's REST interface."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"http://{self.address}/api/{path}", body, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or "null")

    def open(self, path):
        """Open a notebook as its page does, which starts a kernel in its folder; return the kernel."""
        notebook = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        return Kernel(self, self.ask("POST", "sessions", notebook)["kernel"]["id"])


class Kernel:
    """A kernel behind the server's web socket."""

    def __init__(self, server, kernel_id):
        self.server, self.id = server, kernel_id
        self.socket = websocket.create_connection(f"ws://{server.address}/api/kernels/{kernel_id}/channels",
                                                  header=server.headers, timeout=SECONDS)

    def run(self, code):
        """Execute code and return its outputs as a notebook holds them."""
        message_id, outputs, replied, idle = secrets.token_hex(16), [], False, False
        header = {"msg_id": message_id, "msg_type": "execute_request", "username": "", "session": "test", "version": "5.3"}
        self.socket.send(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {},
                                     "content": {"code": code, "silent": False, "store_history": True,
                                                 "user_expressions": {}, "allow_stdin": False, "stop_on_error": False}}))
        while not (replied and idle):
            frame = self.socket.recv()
            if isinstance(frame, bytes):  # a widget's state with arrays in it, never an output
                continue
            message = json.loads(frame)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind = message["header"]["msg_type"]
            replied |= kind == "execute_reply"
            idle |= kind == "status" and message["content"]["execution_state"] == "idle"
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(message))
        return outputs

    def stop(self):
        """End the kernel, as closing the notebook does."""
        self.socket.close()
        self.server.ask("DELETE", f"kernels/{self.id}")


@pytest.fixture(scope="module")
def server(clone):
    """A Jupyter server started in the copy's root, where Binder starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    python = clone.parent / "environment" / "bin" / "python"
    environment = {**older_processor(), **bare_environment(clone)}
    command = [python, "-m", "jupyter", "server", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
               f"--IdentityProvider.token={token}", "--no-browser", "--allow-root"]
    with (clone.parent / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=clone, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT)
    try:
        yield wait_for(Server(f"127.0.0.1:{port}", token), process, clone.parent / "server.log")
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def wait_for(server, process, log):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.ask("GET", "status")
            return server
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"The Jupyter server did not start:\n{log.read_text()}")


def test_repo2docker_takes_this_repository_for_a_python_one_and_installs_its_requirements_and_itself(clone):
    plan, pip = planned(clone), "${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir "
    assert plan == {"pack": "PythonBuildPack", "python": (ROOT / "runtime.txt").read_text().strip().removeprefix("python-"),
                    "kernel apart": False, "before": [], "steps": [f'{pip}-r "requirements.txt"', f"{pip}."], "after": [], "start": None}


@pytest.mark.parametrize("name, pack", [("environment.yml", "CondaBuildPack"), ("Dockerfile", "DockerBuildPack"), ("default.nix", "NixBuildPack")])
def test_a_file_that_would_make_binder_build_otherwise_is_noticed(name, pack, tmp_path):
    for own in ("requirements.txt", "runtime.txt", "pyproject.toml"):
        shutil.copyfile(ROOT / own, tmp_path / own)
    (tmp_path / name).write_text("name: other\n")
    assert planned(tmp_path)["pack"] == pack


def test_a_kernel_started_in_notebooks_is_that_of_its_own_environment_on_the_older_processor(server, clone):
    kernel = server.open(f"notebooks/{NOTEBOOKS[0].name}")
    try:
        [printed] = kernel.run("import os, sys, mathref; print(os.getcwd(), mathref.__file__, sys.prefix, sep='\\n')")
        [units] = kernel.run("from numpy._core._multiarray_umath import __cpu_dispatch__ as units, __cpu_features__ as found\n"
                             "print([name for name in units if found[name]])")
    finally:
        kernel.stop()
    folder, package, prefix = printed.text.split()
    assert folder == str(clone / "notebooks") and prefix == str(clone.parent / "environment")
    assert package.startswith(prefix) and package.endswith("site-packages/mathref/__init__.py")  # its last step installs it once more
    assert units.text == "[]\n"


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_a_chapter_that_binder_cannot_run_shows_its_outputs_and_says_in_its_first_cell_what_to_install(path, server, clone):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    kernel = server.open(f"notebooks/{path.name}")
    try:
        [error] = kernel.run(cells[0].source)
    finally:
        kernel.stop()
    said = "\n".join(error.traceback)
    for package in needed(path):
        assert f"This chapter runs {package}, which is not installed here." in said and "Traceback" not in said
        name = said.rpartition("%pip install -r ")[2]
        assert name == f"../{requirements(package)}" and (clone / "notebooks" / name).exists()
    assert sum(bool(cell.outputs) for cell in cells) > len(cells) / 2


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_every_cell_gives_the_reader_its_stored_output(path, server):
    kernel = server.open(f"notebooks/{path.name}")
    try:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert comparable(kernel.run(cell.source)) == comparable(cell.outputs), cell.source
    finally:
        kernel.stop()
