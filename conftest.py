"""What is said at the end of a run: what tests have counted, and what was left out because a package is not installed."""

import shutil
from pathlib import Path

from publishing.needs import how_to_install, missing

ROOT = Path(__file__).resolve().parent
LEFT_OUT = {path: packages for path in sorted([*ROOT.glob("tests/test_*.py"), *ROOT.glob("notebooks/*.ipynb")])
            if (packages := missing(path))}
"""The files that cannot run here, each with the packages that it misses."""

KERNEL = ROOT / "tests" / "test_lite_kernel.py"
if KERNEL.exists() and not shutil.which("npm"):  # it takes a Python for the browser from npm
    LEFT_OUT[KERNEL] = ["npm"]


def pytest_ignore_collect(collection_path):
    return True if collection_path in LEFT_OUT else None


def pytest_terminal_summary(terminalreporter, config):
    if config.option.markexpr == "not thorough":
        terminalreporter.section("All that a change is likely to break has been tried")
        terminalreporter.line("The tests marked thorough have not: `make thorough`, which CI runs as well.")
    told = sorted({line for reports in terminalreporter.stats.values() for report in reports
                   for name, line in getattr(report, "user_properties", ()) if name == "told"})
    if told:
        terminalreporter.section("Slips that were planted, and what was made of them")
    for line in told:
        terminalreporter.line(line)
    asked = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    left_out = {path: packages for path, packages in LEFT_OUT.items() if any(map(path.is_relative_to, asked))}
    for package in dict.fromkeys(sum(left_out.values(), [])):
        files = [str(path.relative_to(ROOT)) for path, packages in left_out.items() if package in packages]
        terminalreporter.section(f"{package} is not installed", yellow=True)
        terminalreporter.line(f"Not run without it: {', '.join(files)}")
        how = "install Node.js, which brings it" if package == "npm" else how_to_install([package])
        terminalreporter.line(f"To run them too: {how}")
