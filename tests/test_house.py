"""The house rules that a machine can check: rooms in order, no cycles, nothing heavy at the door, no data that runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid

SOURCE = Path(__file__).parents[1] / "src" / "pellucid"
FILES = sorted(SOURCE.rglob("*.py"))
ROOMS = (
    *(
        "errors",
        "shapes",
        "progress",
        "memory",
        "beforehand",
        "drawing",
        "blocks",
        "data",
        "run",
        "learn",
        "doctor",
        "evaluate",
        "recipe",
        "auditing",
        "predicting",
        "verifying",
    ),
    *("explain", "training", "classifying", "ct", "app", "summary", "cli"),
)
HEAVY = ("torch", "numpy", "scipy", "sklearn", "skimage", "pydicom", "h5py", "PIL", "jinja2", "requests", "safetensors")
COMMANDS = (
    "",
    "play",
    "train",
    "predict",
    "audit",
    "verify",
    "report",
    "runs",
    "info",
    "anatomy",
    "graph",
    "explain",
    "data",
    "data list",
    "data fetch",
    "data pack",
    "data clear",
    *(f"ct {name}" for name in ("list", "find", "score", "phantom", "plant", "train", "rating")),
)


def module_of(path: Path) -> str:
    parts = ("pellucid", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): ast.parse(path.read_text("utf-8")) for path in FILES}


def only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def nodes_that_run(node: ast.AST, functions: bool) -> Iterator[ast.AST]:
    """All nodes below, those under TYPE_CHECKING left out, and those in functions where asked."""
    for child in ast.iter_child_nodes(node):
        if only_for_types(child) or (not functions and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
            continue
        yield child
        yield from nodes_that_run(child, functions)


def imported(name: str, functions: bool) -> set[str]:
    """Modules of pellucid that this one imports; strings given to import_module count too."""
    found = set()
    for node in nodes_that_run(MODULES[name], functions):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports by dots"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else str(node.module))
    return {module for module in found if module in MODULES and module != name}


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def test_a_room_imports_only_from_rooms_above_it():
    for name in MODULES.keys() - {"pellucid"}:  # which hands out everybody's names, on first use
        for other in imported(name, functions=True) - {"pellucid"}:
            assert ROOMS.index(room(other)) <= ROOMS.index(room(name)), f"{name} imports {other}"


def test_every_file_belongs_to_a_room():
    assert {room(name) for name in MODULES} - {None} <= set(ROOMS)


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: imported(name, functions=False) - {"pellucid"} for name in MODULES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def test_all_public_names_are_there_and_documented():
    for name in MODULES:
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", []):
            found = getattr(module, public)
            documented = found.__doc__ or not (inspect.isclass(found) or inspect.isfunction(found))
            assert documented, f"{name}.{public}"
        assert module.__doc__, f"{name} does not say what it does"


def test_every_public_function_and_class_has_a_docstring():
    missing = []
    for name, module in MODULES.items():
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                inner = node.body if isinstance(node, ast.ClassDef) else []
                for part in (node, *inner):
                    if isinstance(part, ast.FunctionDef | ast.ClassDef) and not part.name.startswith("_"):
                        missing += [] if ast.get_docstring(part) else [f"{name}.{node.name}.{part.name}"]
    assert not missing


def test_no_file_is_two_ideas_long():
    assert not [path for path in FILES if len(path.read_text("utf-8").splitlines()) > 300]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def can_run_what_it_reads(tree: ast.AST) -> Iterator[str]:
    """Imports and calls by which data could become code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"} & set(modules)
    for call in calls(tree):
        called = ast.unparse(call.func)
        told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        safe = [
            called not in ("eval", "exec", "compile", "__import__", "os.system"),
            told.get("allow_pickle", "False") == "False",
            told.get("shell", "False") == "False",
            told.get("weights_only", "True") == "True",
            called != "torch.load" or "weights_only" in told,
            called not in ("np.load", "numpy.load") or "allow_pickle" in told,
        ]
        if not all(safe):
            yield ast.unparse(call)


def test_no_file_can_run_what_it_reads():
    for name, tree in MODULES.items():
        assert not list(can_run_what_it_reads(tree)), name


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from marshal import loads",
        "eval(said)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "subprocess.run(line, shell=True)",
    ],
)
def test_such_a_file_would_be_named(code):
    assert list(can_run_what_it_reads(ast.parse(code)))


def test_no_assert_stands_between_users_and_a_message():
    asserts = {
        name: [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] for name, tree in MODULES.items()
    }
    assert not {name: lines for name, lines in asserts.items() if lines}


def loaded(code: str, folder: Path) -> set[str]:
    """Names of the top modules that are loaded after some lines of Python, in a process of its own."""
    watched = f"{code}\nimport json, sys\nprint()\nprint(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", watched], cwd=folder, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    ends = "except SystemExit as left:\n    assert not left.code"
    return f"from pellucid.cli.entry import app\ntry:\n    app({[*arguments]!r})\n{ends}"


def test_help_waits_for_nothing_heavy(tmp_path):
    asked = "\n".join(command(*words.split(), "--help") for words in COMMANDS)
    assert not loaded(asked, tmp_path) & set(HEAVY)


def test_importing_pellucid_waits_for_nothing_heavy(tmp_path):
    assert not loaded("import pellucid; dir(pellucid); pellucid.__version__", tmp_path) & set(HEAVY)


def test_workers_settings_and_the_command_know_no_torch(tmp_path):
    parts = (
        "data.packing",
        "data.processes",
        "run",
        "learn.settings",
        "cli",
        "errors",
        "training",
        "summary",
        "auditing",
        "verifying",
        "classifying",
    )
    assert "torch" not in loaded("\n".join(f"import pellucid.{part}" for part in parts), tmp_path)


def test_looking_at_runs_knows_no_torch(tmp_path):
    assert "torch" not in loaded(command("runs", "--json"), tmp_path)


def test_every_command_has_an_example_in_its_help():
    from pellucid.cli.entry import app

    groups = [group.typer_instance for group in app.registered_groups]
    commands = [command for group in groups for command in group.registered_commands]
    assert len(commands) == len([name for name in COMMANDS if name not in ("", "data")])
    for command in commands:
        assert (command.epilog or "").startswith("Example: pellucid ")


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert pellucid.__version__ == version("pellucid")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        pellucid.nonsense  # noqa: B018


@pytest.mark.slow  # `make quick` leaves shapes unchecked
def test_shapes_are_checked_in_these_tests():
    import numpy as np
    from jaxtyping import TypeCheckError

    from pellucid.learn.fit import accuracy_of

    with pytest.raises(TypeCheckError):
        accuracy_of(np.zeros((3, 2)), np.zeros(3))
