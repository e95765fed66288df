from pathlib import Path

import pytest

from datatools import closure


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "datatools/__init__.py": "",
        "datatools/a.py": "from datatools import b\nimport numpy\n",
        "datatools/b.py": "def later():\n    from datatools.deep import c\n",
        "datatools/deep/__init__.py": "from .d import D\n",
        "datatools/deep/c.py": "from ..a import x\n",
        "datatools/deep/d.py": "D = 1\n",
        "datatools/deep/unused.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_imports_are_followed_through_functions_packages_and_dots(project: Path) -> None:
    found = {path.relative_to(project).as_posix() for path in closure.files("datatools.a", project)}
    assert found == {
        "datatools/__init__.py",
        "datatools/a.py",
        "datatools/b.py",
        "datatools/deep/__init__.py",
        "datatools/deep/c.py",
        "datatools/deep/d.py",
    }


def meaning(path: Path, text: str) -> str:
    path.write_text(text)
    return closure._meaning(path)


def test_comments_and_docstrings_do_not_change_the_meaning(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    plain = meaning(path, "def f(x):\n    return x + 1\n")
    assert meaning(path, '"""Doc."""\n# why\ndef f(x):\n    """Say."""\n    return (x + 1)  # so\n') == plain
    assert meaning(path, "def f(x):\n    return x + 2\n") != plain


def test_the_digest_knows_library_versions() -> None:
    assert closure.digest("datatools.seeds") != closure.digest("datatools.seeds", "numpy")
    assert closure.digest("datatools.seeds") == closure.digest("datatools.seeds")
