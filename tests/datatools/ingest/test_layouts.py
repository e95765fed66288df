from pathlib import Path

import pandas as pd
import pytest

from datatools.errors import DataError
from datatools.ingest.layouts import ClassFolders, DomainClassFolders, SplitClassFolders, Table
from datatools.ingest.listing import Listing
from datatools.ingest.table import Mapped


def reasons(listing: Listing) -> dict[str, str]:
    return {refusal.path: refusal.reason for refusal in listing.refused}


def test_a_folder_per_class(tmp_path: Path) -> None:
    files = ["cat/1.jpg", "cat/deep/2.jpg", "dog/ü b.png", "unlabelled/3.jpg", "stray.jpg"]
    listing = ClassFolders().list_images(files, tmp_path)
    assert listing.rows["file"].tolist() == files[:4]
    assert listing.rows["label"].tolist()[:3] == ["cat", "cat", "dog"]
    assert listing.rows["label"].isna().tolist() == [False, False, False, True]
    assert set(listing.rows["domain"]) == {"default"}
    assert reasons(listing) == {"stray.jpg": "outside_class_folder"}


def test_a_folder_per_domain_then_class(tmp_path: Path) -> None:
    listing = DomainClassFolders().list_images(["lab/cat/1.jpg", "field/dog/2.jpg", "lab/3.jpg"], tmp_path)
    assert listing.rows[["domain", "label"]].to_numpy().tolist() == [["lab", "cat"], ["field", "dog"]]
    assert reasons(listing) == {"lab/3.jpg": "outside_class_folder"}


FULL = Table(
    columns=Mapped(path="file", label="kind", domain="site", captured_at="when", group="patient"),
    features=("age", "smoker"),
)
CSV = """file,kind,site,when,patient,age,smoker,note
a.png,3,north,2020-01-02,p1,44,yes,x
b.png,,south,2021,p2,,no,y
c.png,5,,,p1,NA,,z
"""


def listed(raw: Path, text: str, files: list[str], layout: Table = FULL, name: str = "metadata.csv") -> Listing:
    (raw / name).write_text(text, encoding="utf-8")
    return layout.list_images([*files, name], raw)


def test_a_table(tmp_path: Path) -> None:
    listing = listed(tmp_path, CSV, ["a.png", "b.png", "c.png"])
    rows = listing.rows
    assert rows["label"].fillna("-").tolist() == ["3", "-", "5"]
    assert rows["domain"].tolist() == ["north", "south", "unknown"]
    assert rows["captured_at"].dt.year.fillna(0).tolist() == [2020, 2021, 0]
    assert rows["x_age"].fillna(-1).tolist() == [44, -1, -1]
    assert rows["x_smoker"].isna().tolist() == [False, False, True]
    assert listing.unused == ["note"]
    assert listing.inferred["when"].precision == {"day": 1, "year": 1}
    assert not listing.refused


@pytest.mark.parametrize("mark", [";", "\t", ","])
def test_other_delimiters_and_a_byte_order_mark(mark: str, tmp_path: Path) -> None:
    listing = listed(tmp_path, "\ufeff" + CSV.replace(",", mark), ["a.png", "b.png", "c.png"])
    assert len(listing.rows) == 3


def test_parquet_with_integers_that_have_gaps(tmp_path: Path) -> None:
    frame = pd.DataFrame({"path": ["a.png", "b.png"], "label": [3.0, None], "n": [1, 2]})
    frame.to_parquet(tmp_path / "m.parquet")
    listing = Table(file="m.parquet", features=("n",)).list_images(["a.png", "b.png", "m.parquet"], tmp_path)
    assert listing.rows["label"].fillna("-").tolist() == ["3", "-"]
    assert listing.rows["x_n"].tolist() == [1.0, 2.0]


def test_rows_without_files_and_files_without_rows_are_both_reported(tmp_path: Path) -> None:
    text = "path,label\na.png,x\ngone.png,x\n../out.png,x\n/etc/p.png,x\n,x\n"
    listing = listed(tmp_path, text, ["a.png", "orphan.png"], Table())
    assert listing.rows["file"].tolist() == ["a.png"]
    assert reasons(listing) == {
        "gone.png": "no_file",
        "../out.png": "outside",
        "/etc/p.png": "outside",
        "(no path)": "no_file",
        "orphan.png": "no_row",
    }


def test_repeated_rows_are_used_once_and_contradictory_ones_not_at_all(tmp_path: Path) -> None:
    text = "path,label\na.png,x\na.png,x\nb.png,x\nb.png,y\n"
    listing = listed(tmp_path, text, ["a.png", "b.png"], Table())
    assert listing.rows["file"].tolist() == ["a.png"]
    assert reasons(listing) == {"a.png": "duplicate_row", "b.png": "contradictory_rows"}


def test_names_match_composed_or_decomposed_and_with_backslashes(tmp_path: Path) -> None:
    listing = listed(tmp_path, "path,label\nsub\\ü.png,x\n", ["sub/u\u0308.png"], Table())
    assert listing.rows["file"].tolist() == ["sub/u\u0308.png"]


def test_paths_relative_to_a_folder(tmp_path: Path) -> None:
    listing = listed(tmp_path, "path,label\n1/a.png,x\n", ["Dataset/1/a.png"], Table(images="Dataset"))
    assert listing.rows["file"].tolist() == ["Dataset/1/a.png"]


@pytest.mark.parametrize(
    ("layout", "text", "message"),
    [
        (
            Table(columns=Mapped(label="class")),
            "path,label\na,b\n",
            r"has no column 'class' \(ingest.layout\); its columns: path, label",
        ),
        (Table(features=("age",)), "path,label\na,b\n", "has no column 'age'"),
        (
            Table(columns=Mapped(captured_at="d")),
            "path,label,d\na,b,1/2/2020\n",
            "can be read in two ways; set day_first",
        ),
        (Table(), "", "cannot be read as a table"),
    ],
)
def test_a_wrong_mapping_is_one_line(layout: Table, text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        listed(tmp_path, text, [], layout)


def test_a_missing_or_badly_encoded_table_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metadata.csv: is missing; set ingest.layout.file"):
        Table().list_images([], tmp_path)
    (tmp_path / "metadata.csv").write_bytes("path,label\nü,x\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"is not UTF-8 \(byte 11\)"):
        Table().list_images([], tmp_path)


def test_a_class_may_be_called_none_but_an_age_may_not(tmp_path: Path) -> None:
    text = "path,label,age\na.png,None,NA\nb.png,NA,3\n"
    listing = listed(tmp_path, text, ["a.png", "b.png"], Table(features=("age",)))
    assert listing.rows["label"].tolist() == ["None", "NA"]
    assert listing.rows["x_age"].isna().tolist() == [True, False]


def test_a_header_that_is_one_field_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read as a table|has no name"):
        listed(tmp_path, "path,label\n1,a.png,x\n2,b.png,y\n", ["a.png", "b.png"], Table())


def test_a_folder_per_split_then_class(tmp_path: Path) -> None:
    files = ["Train/cat/1.jpg", "dev/dog/deep/2.jpg", "test/unlabelled/3.jpg", "README.txt", "train/stray.jpg"]
    listing = SplitClassFolders().list_images(files, tmp_path)
    rows = listing.rows.fillna({"label": "-"})
    assert rows[["file", "given_split", "label"]].to_numpy().tolist() == [
        ["Train/cat/1.jpg", "train", "cat"],
        ["dev/dog/deep/2.jpg", "val", "dog"],
        ["test/unlabelled/3.jpg", "test", "-"],
    ]
    assert set(listing.rows["domain"]) == {"default"}
    assert reasons(listing) == {"README.txt": "outside_class_folder", "train/stray.jpg": "outside_class_folder"}


def test_a_folder_that_is_no_split_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"extra: is no split; this layout expects folders named train"):
        SplitClassFolders().list_images(["train/cat/1.jpg", "extra/cat/1.jpg"], tmp_path)


SPLITS = Table(columns=Mapped(split="part"))


def test_a_column_with_the_users_own_split(tmp_path: Path) -> None:
    text = "path,label,part\na.png,x,Training\nb.png,x,valid\nc.png,x, test \nd.png,x,\n"
    listing = listed(tmp_path, text, ["a.png", "b.png", "c.png", "d.png"], SPLITS)
    assert listing.rows["given_split"].fillna("-").tolist() == ["train", "val", "test", "-"]
    assert listing.unused == []


def test_numbers_of_folds_are_a_split_too(tmp_path: Path) -> None:
    text = "path,label,part\na.png,x,0\nb.png,x,4.0\nc.png,x,\n"
    listing = listed(tmp_path, text, ["a.png", "b.png", "c.png"], SPLITS)
    assert listing.rows["given_split"].fillna("-").tolist() == ["0", "4", "-"]


def test_a_split_that_is_none_names_its_row(tmp_path: Path) -> None:
    text = "path,label,part\na.png,x,train\nb.png,x,fold1\n"
    with pytest.raises(DataError, match=r"metadata.csv: row 2: column part: 'fold1' is no split; expected train"):
        listed(tmp_path, text, ["a.png", "b.png"], SPLITS)


def test_without_a_column_no_image_has_a_split(tmp_path: Path) -> None:
    listing = listed(tmp_path, "path,label\na.png,x\n", ["a.png"], Table())
    assert listing.rows["given_split"].isna().all()
