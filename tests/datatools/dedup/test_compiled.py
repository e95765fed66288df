from pathlib import Path

from datatools import closure
from datatools.dedup.compiled import KERNELS


def test_all_that_is_compiled_into_one_another_names_the_folder_of_the_compiled_code() -> None:
    """What is not listed could change without being compiled anew."""
    loops = {path for path in closure.files("datatools.dedup.judgement") if path.name != "__init__.py"}
    assert {path.stem for path in loops} == set(KERNELS)
    folder = next(iter(loops)).parent
    users = {path for path in folder.glob("*.py") if "import compiled\n" in path.read_text(encoding="utf-8")}
    assert users <= loops
    assert Path(folder, "compiled.py") in loops
