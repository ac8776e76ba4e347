"""The built wheel holds what it should, and works from a fresh environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target, tree = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("tree") / "modelkin"
    # A copy: setuptools leaves its build folder in the tree that it builds.
    left_out = shutil.ignore_patterns(".*", "out", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=left_out)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target),
         str(tree)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return next(target.glob("*.whl"))


def test_the_wheel_holds_the_package_its_queries_and_its_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"modelkin", next(t for t in tops if t.endswith(".dist-info"))}
    python = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("**/*.py")}
    room = ("tests/", "benchmarks/", "docs/", ".venv/", "build/", "out/", "figures/")
    expected = {f"modelkin/{p}" for p in python if not p.startswith(room)}
    assert {n for n in names if n.endswith(".py")} == expected
    queries = {f"modelkin/{p.relative_to(ROOT).as_posix()}" for p in ROOT.glob("cypher/*/*.cypher")}
    assert {n for n in names if n.endswith(".cypher")} == queries
    assert "modelkin/py.typed" in names
    assert "modelkin/data/sample/models.csv" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_the_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False, system_site_packages=False)
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # The dependencies come from the environment that runs the tests, the package does not.
    dependencies = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "dependencies.pth").write_text(dependencies + "\n")
    python = tmp_path / "env" / "bin" / "python"
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NEO4J"))}
    code = (
        "import modelkin, sys; from modelkin import cli; "
        "from modelkin.data.sample import make; from pathlib import Path; "
        "assert 'env' in modelkin.__file__, modelkin.__file__; "
        "print(sorted(make.make_files(Path(sys.argv[1])))); sys.exit(cli.run(['--help']))"
    )
    done = subprocess.run(
        [str(python), "-c", code, str(tmp_path / "files")],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "'graph'" in done.stdout
    assert "lineage" in done.stdout
