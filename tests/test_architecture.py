"""The import directions and sizes of the design, proved on the source tree."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("emola", "review", "training")
HEAVY = ("torch", "gradio", "insightface", "mediapipe", "transformers", "cv2")

OWNERS = {
    "gradio": lambda path: path == "app.py" or path.split("/")[-1].startswith("page"),
    "sqlalchemy": lambda path: path.startswith("review/"),
    "alembic": lambda path: path.startswith("review/"),
    "insightface": lambda path: path.startswith("emola/faces/"),
    "mediapipe": lambda path: path.startswith("emola/faces/"),
    "transformers": lambda path: path.startswith(("emola/model/", "emola/engine", "training/")),
}
"""Library to the rule that says which files may import it (design: packages and who may import whom)."""

REVIEW_MAY_IMPORT = (
    "emola.taxonomy",
    "emola.answer",
    "emola.errors",
    "emola.exit_code",
    "emola.__version__",
    "emola.faces.geometry",
    "emola.faces.face",
    "emola.faces.layouts",
)
LIGHT = (
    "emola",
    "review",
    "review.schema",
    "emola.taxonomy",
    "emola.answer",
    "emola.errors",
    "emola.faces.geometry",
    "emola.faces.layouts",
)


def sources() -> list[Path]:
    found = [REPOSITORY / "app.py"]
    for package in PACKAGES:
        found += sorted((REPOSITORY / package).rglob("*.py"))
    return [path for path in found if path.is_file()]


def imported_names(path: Path) -> set[str]:
    """Every absolute module name that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_import_directions(path):
    name = relative(path)
    for imported in imported_names(path):
        top = imported.split(".")[0]
        assert top not in OWNERS or OWNERS[top](name), f"{name} must not import {imported}"
        if name.startswith("emola/"):
            assert top not in ("review", "training", "app"), f"{name} must not import {imported}"
        if name.startswith("training/"):
            assert top not in ("review", "app"), f"{name} must not import {imported}"
        if name.startswith("review/"):
            assert top not in ("training", "app", "torch"), f"{name} must not import {imported}"
            assert top != "emola" or imported.startswith(REVIEW_MAY_IMPORT), f"{name} must not import {imported}"


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_import_nothing_heavy(module):
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "", f"import {module} loads {run.stdout.strip()}"


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_modules_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, f"{relative(path)} is longer than 300 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert length <= 50, f"{relative(path)}: {node.name} has {length} lines"


def test_no_drawer_modules():
    for path in sources():
        assert path.stem not in ("utils", "helpers", "common", "misc"), f"{relative(path)} does not say what it holds"


def test_top_level_is_the_design():
    run = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip("not a git checkout")
    allowed = {"app.py", "emola", "review", "training", "tests", "README.md", "LICENSE", "Makefile", "pyproject.toml"}
    allowed |= {"packages.txt", "requirements.txt", "requirements-dev.txt", "requirements-gpu.txt", "alembic.ini"}
    visible = {line.split("/")[0] for line in run.stdout.splitlines() if not line.startswith(".")}
    assert visible <= allowed
