import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.leaks import COLUMNS, leaks

FILE = st.fixed_dictionaries(
    {
        "cluster_id": st.sampled_from("ABC"),
        "image_id": st.sampled_from("xyz"),
        "path": st.uuids().map(str),
        "given_split": st.sampled_from(["train", "val", "test", None]),
    }
)


@given(st.lists(FILE, max_size=12, unique_by=lambda file: file["path"]))
def test_leaks_are_the_files_of_clusters_in_two_splits(files: list[dict[str, str | None]]) -> None:
    expected = []
    for file in files:
        splits = {other["given_split"] for other in files if other["cluster_id"] == file["cluster_id"]} - {None}
        if len(splits) > 1 and file["given_split"] is not None:
            expected.append(tuple(file[name] for name in COLUMNS))
    table = pd.DataFrame(files, columns=list(COLUMNS)).assign(x_other=1.0)
    found = list(leaks(table).itertuples(index=False, name=None))
    assert found == sorted(expected, key=lambda row: (row[0], row[3], row[2]))
