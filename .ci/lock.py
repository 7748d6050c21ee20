"""Write into requirements.txt the newest versions that go together, on every Python and system that the book supports.

    make lock

What stands above "# What those need" is wanted, and keeps its place and its comment; what it brings is listed below.
`uv` decides; nothing is installed. setuptools, which builds the package, keeps one version here and in pyproject.toml.
"""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HELD = {"jupyter-book": ">=1,<2"}  # the second is another program, which takes no Sphinx extensions
PYTHONS, SYSTEMS = ("3.11", "3.12", "3.13"), ("linux", "darwin")
BROUGHT, END = "# What those need", "# mathref itself"
COLUMN = 30  # where comments begin

_LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;#]+)\s*(?:;\s*(?P<marker>[^#]*[^#\s]))?\s*(?:#\s*(?P<comment>.*))?")


def newest(names):
    """Return what uv finds for the wanted packages, as lines of requirements."""
    command = ["pip", "compile", "--universal", "--python-version", PYTHONS[0], "--fork-strategy", "fewest", "--no-header",
               "--no-annotate", "--quiet", "--upgrade", "-"]
    wanted = "\n".join(f"{name}{HELD.get(name, '')}" for name in names)
    done = subprocess.run([sys.executable, "-m", "uv", *command], input=wanted, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.splitlines()


def needed(found):
    """Return the packages that some supported Python on some supported system takes, by canonical name.

    Raises
    ------
    SystemExit
        If one is needed in two versions.
    """
    kept = {}
    for requirement in map(Requirement, found):
        places = [{"python_version": python, "python_full_version": f"{python}.9", "sys_platform": system,
                   "platform_system": system.capitalize(), "os_name": "posix", "implementation_name": "cpython",
                   "platform_python_implementation": "CPython", "extra": ""} for python, system in product(PYTHONS, SYSTEMS)]
        where = [requirement.marker is None or requirement.marker.evaluate(place) for place in places]
        if not any(where):
            continue
        if all(where):
            requirement.marker = None
        name = canonicalize_name(requirement.name)
        if name in kept:
            raise SystemExit(f"{name} is needed in two versions: {kept[name]} and {requirement}")
        kept[name] = requirement
    return kept


def locked(text, found):
    """Return the text of requirements.txt with the versions found.

    Parameters
    ----------
    text : str
        Of requirements.txt as it is.
    found : list of str
        Lines of requirements, as `newest` returns them.
    """
    versions = needed(found)
    wanted, rest = text.split(f"{BROUGHT}\n")
    brought, end = rest.split(f"\n{END}")
    old = {canonicalize_name(line["name"]): line for line in map(_LINE.fullmatch, text.splitlines()) if line}
    own = {canonicalize_name(line["name"]) for line in map(_LINE.fullmatch, wanted.splitlines()) if line}

    def entry(name):
        requirement, line = versions[name], old.get(name)
        pin = f"{line['name'] if line else requirement.name}{requirement.specifier}"
        pin += f"; {requirement.marker}" if requirement.marker else ""
        return f"{pin:<{COLUMN - 1}} # {line['comment']}" if line and line["comment"] else pin

    head = [entry(canonicalize_name(line["name"])) if line else raw
            for raw in wanted.splitlines() for line in [_LINE.fullmatch(raw)]]
    tail = sorted((entry(name) for name in versions.keys() - own), key=str.lower)
    return "\n".join([*head, BROUGHT, *tail, "", END]) + end


def main():
    path, project = ROOT / "requirements.txt", ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    names = [line["name"] for line in map(_LINE.fullmatch, text.split(BROUGHT)[0].splitlines()) if line]
    after = locked(text, newest([*names, "setuptools"]))
    path.write_text(after, encoding="utf-8")
    [setuptools] = re.findall(r"^setuptools==(\S+)", after, re.MULTILINE)
    project.write_text(re.sub(r'"setuptools==[^"]*"', f'"setuptools=={setuptools}"', project.read_text(encoding="utf-8")), encoding="utf-8")
    changed = sorted(set(after.splitlines()) ^ set(text.splitlines()), key=str.lower)
    print("\n".join(f"{'+' if line in after.splitlines() else '-'} {line}" for line in changed) or "Nothing is newer.")
    print("Now: make notebooks, make test, and commit what changed.")


if __name__ == "__main__":
    main()
