"""Which project files a module imports, directly or not, and one digest of what their code says.

Used twice: DVC does not follow imports, so a test compares every stage's ``deps`` with its closure; and a cached result is
only as good as the code that made it, so the digest is part of its key.
"""

import ast
import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("datatools", "finetune", "pipelines", "examples", "benchmarks")


def files(module: str, root: Path = PROJECT) -> set[Path]:
    """Return the project files that importing ``module`` loads, itself and package ``__init__`` files included.

    Args:
        module: dotted name, such as ``pipelines.split``.
        root: folder that holds the packages.
    """
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        for path in _files_of(waiting.pop(), root):
            if path not in found:
                found.add(path)
                waiting.extend(_imported(path, root))
    return found


def digest(module: str, *libraries: str) -> str:
    """Return 16 hex digits that change when the code behind ``module``, or the version of a library, does.

    Comments, docstrings and layout do not count: they cannot change a result, and cached work should survive them.
    """
    return _digest(module, libraries)


@cache
def _digest(module: str, libraries: tuple[str, ...]) -> str:
    parts = [f"{path.relative_to(PROJECT)}={_meaning(path)}" for path in sorted(files(module))]
    parts += [f"{name}={metadata.version(name)}" for name in sorted(libraries)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _meaning(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _files_of(module: str, root: Path) -> list[Path]:
    """Return the file of a dotted name and the ``__init__`` files above it; nothing for what is no project module."""
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    paths = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    paths.append(root.joinpath(*parts).with_suffix(".py"))
    return [path for path in paths if path.is_file()]


def _imported(path: Path, root: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, path, root)
            names += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return names


def _absolute(node: ast.ImportFrom, path: Path, root: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(root).parent.parts
    kept = package[: len(package) - node.level + 1]
    return ".".join((*kept, node.module) if node.module else kept)
