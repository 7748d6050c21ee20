"""What `make lock` writes into requirements.txt, out of what the resolver answers."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("lock", ROOT / ".ci" / "lock.py")
lock = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lock)

BEFORE = """# About

# The mathematics
numpy==1.0                    # arrays
PyYAML==6.0.4                 # reads

# What those need
Brought==2.0
gone==1.0
threadpoolctl==3.8.0          # of numpy

# mathref itself, from this folder
-e .
"""
AFTER = """# About

# The mathematics
numpy==1.1                    # arrays
PyYAML==6.0.4                 # reads

# What those need
appnope==1.0; sys_platform == "darwin"
Brought==2.1
threadpoolctl==3.8.0          # of numpy

# mathref itself, from this folder
-e .
"""
FOUND = ["appnope==1.0 ; sys_platform == 'darwin'", "brought==2.1 ; python_full_version >= '3.11'", "colorama==9.9 ; sys_platform == 'win32'",
         "numpy==1.1", "pyyaml==6.0.4", "threadpoolctl==3.8.0"]


def test_versions_change_and_order_names_and_comments_stay():
    assert lock.locked(BEFORE, FOUND) == AFTER


def test_a_second_run_changes_nothing():
    assert lock.locked(AFTER, FOUND) == AFTER


def test_two_versions_of_one_package_are_refused():
    with pytest.raises(SystemExit, match="numpy is needed in two versions"):
        lock.locked(BEFORE, [*FOUND, "numpy==1.0 ; python_full_version < '3.12'"])


def test_the_requirements_of_the_book_are_read_in_full():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-e"))]
    assert all(map(lock._LINE.fullmatch, lines))
    found = [line.partition("#")[0] for line in lines]
    assert lock.locked(text, found) == text
