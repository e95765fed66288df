import csv
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError
from examples.folder import command, new_folder, package, write_table

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@pytest.mark.parametrize("existing", [False, True])
def test_a_new_folder_appears_whole(tmp_path: Path, existing: bool) -> None:
    out = tmp_path / "data" / "raw"
    if existing:
        out.mkdir(parents=True)
    with new_folder(out) as folder:
        (folder / "a.txt").write_text("a")
        assert not (out / "a.txt").exists()
    assert [path.name for path in out.iterdir()] == ["a.txt"]
    assert [path.name for path in out.parent.iterdir()] == ["raw"]


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "raw").symlink_to(tmp_path / "disk")
    with new_folder(tmp_path / "raw") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "raw").is_symlink()
    assert (tmp_path / "disk" / "a.txt").read_text() == "a"


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build() -> None:
        with new_folder(tmp_path / "raw") as folder:
            (folder / "a.txt").write_text("a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        build()
    assert list(tmp_path.iterdir()) == []


def test_the_rest_of_a_killed_build_is_no_part_of_the_next(tmp_path: Path) -> None:
    with new_folder(tmp_path / "raw") as folder:
        pass
    (tmp_path / "raw").rename(folder)
    (folder / "half.png").write_bytes(b"half")
    with new_folder(tmp_path / "raw"):
        pass
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_folder_with_data_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(DataError, match=r"is not empty \(it holds mine\.csv\)"), new_folder(tmp_path):
        pytest.fail("the block must not run")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("mine")
    with pytest.raises(DataError, match="is a file"), new_folder(tmp_path / "raw"):
        pytest.fail("the block must not run")


@given(rows=st.lists(st.fixed_dictionaries({"path": TEXT, "label": TEXT}), min_size=1, max_size=5))
def test_a_table_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "metadata.csv"
    write_table(path, rows)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emosent", None)
    with pytest.raises(DataError, match=r"package emosent is not installed; .*\[demo\]"):
        package("emosent", "demo")


def test_the_command_prints_one_line_where_the_user_can_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text("mine")

    def build(out: Path) -> int:
        with new_folder(out):
            return 0

    assert command(build, "Build.", ["--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(lambda _: 3, "Build.", ["--out", str(tmp_path)]) == 0
    assert "3 images" in capsys.readouterr().out
