import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datatools import images
from datatools.cache import Store
from datatools.errors import DataError
from datatools.fingerprints import fingerprint, plane
from datatools.ingest.layouts import ClassFolders, SplitClassFolders
from datatools.ingest.quality import Quality
from datatools.ingest.reasons import ABOUT
from datatools.manifest import FINGERPRINTS, INGESTED, QUARANTINE, read
from datatools.settings import parse
from pipelines.ingest import QUALITY, IngestSettings, run
from pipelines.stage import Stage, execute
from tests.datatools.ingest import bad_files as corpus

FOLDERS = IngestSettings(layout=ClassFolders(), max_pixels=5000)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/raw"
    folder.mkdir(parents=True)
    return folder


def saved(picture: NDArray[np.uint8], kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def ingest(settings: IngestSettings = FOLDERS, out: str = "data/ingest") -> dict[str, object]:
    Path(out).mkdir(parents=True, exist_ok=True)
    return dict(run(settings, Stage("ingest", Path(out), Store(Path(".toolkit")))))


def bad_files(photo: NDArray[np.uint8]) -> dict[str, tuple[bytes, str]]:
    jpeg, png, webp = saved(photo, "JPEG"), saved(photo, "PNG"), saved(photo, "WEBP", lossless=True)
    return {
        "zero.jpg": (b"", "empty"),
        "half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "half.webp": (webp[: len(webp) // 2], "truncated"),
        "broken.png": (png[:60] + b"\0" * 20 + png[80:], "unreadable"),
        "html.jpg": (b"<html>not found</html>", "not_an_image"),
        "notes.txt": (b"remember", "not_an_image"),
        "bomb.png": (saved(np.zeros((80, 80, 3), np.uint8), "PNG"), "too_large"),
        "header only.png": (png[:40], "truncated"),
    }


def test_every_bad_file_is_quarantined_with_its_reason_and_the_run_goes_on(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    bad = bad_files(photo)
    for name, (data, _) in bad.items():
        (raw / "cat" / name).write_bytes(data)
    (raw / "cat/good ü.jpg").write_bytes(saved(photo, "PNG"))  # decided by content, not by extension
    (raw / "stray.png").write_bytes(saved(photo, "PNG"))
    (raw / "cat/link.png").symlink_to("/nowhere.png")
    metrics = ingest()
    table = read(Path("data/ingest/quarantine.parquet"), QUARANTINE)
    found = dict(zip(table["path"], table["reason"], strict=True))
    expected = {f"cat/{name}": reason for name, (_, reason) in bad.items()}
    assert found == expected | {"stray.png": "outside_class_folder", "cat/link.png": "broken_link"}
    assert metrics["images"] == 1
    assert metrics["refused"] == len(found)
    assert read(Path("data/ingest/manifest.parquet"), INGESTED)["path"].tolist() == ["data/raw/cat/good ü.jpg"]
    assert read(Path("data/ingest/quality.parquet"), QUALITY)["format"].tolist() == ["PNG"]


def test_originals_are_not_touched(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    data = saved(photo, "JPEG")
    (raw / "cat/a.jpg").write_bytes(data)
    before = (raw / "cat/a.jpg").stat()
    ingest()
    assert (raw / "cat/a.jpg").read_bytes() == data
    assert (raw / "cat/a.jpg").stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    "prepare", [lambda raw: None, lambda raw: raw.rmdir(), lambda raw: (raw / "a.txt").write_text("x")]
)
def test_a_folder_without_images_is_one_clear_line(raw: Path, prepare: Callable[[Path], object]) -> None:
    prepare(raw)
    with pytest.raises(DataError, match=r"data/raw: (is empty|no readable image)"):
        ingest()


@pytest.fixture
def many(raw: Path, rng: np.random.Generator) -> Path:
    for number in range(70):
        folder = raw / ("cat" if number % 2 else "dog")
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(saved(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8), "PNG"))
    (raw / "cat/broken.png").write_bytes(b"nothing")
    return raw


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_same_bytes_for_any_number_of_workers(many: Path, workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(out="one")
    monkeypatch.setenv("TOOLKIT_WORKERS", workers)
    Path(".toolkit/store.sqlite").unlink()
    ingest(out="several")
    for file in Path("one").iterdir():
        assert (Path("several") / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_second_run_decodes_nothing_and_gives_the_same(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(out="one")
    monkeypatch.setattr("datatools.images.opened", None)  # calling it would fail
    ingest(out="two")
    for file in Path("one").iterdir():
        assert (Path("two") / file.name).read_bytes() == file.read_bytes(), file.name


def test_flags_and_hashes_stand_beside_every_image(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    for name, picture in {
        "a": photo,
        "copy of a": photo,
        "dark": photo // 10,
        "plain": np.full_like(photo, 90),
    }.items():
        (raw / f"cat/{name}.png").write_bytes(saved(picture, "PNG"))
    metrics = ingest()
    quality = read(Path("data/ingest/quality.parquet"), QUALITY).set_index("path")["flags"]
    assert "dark" in quality["data/raw/cat/dark.png"].split("|")
    assert quality["data/raw/cat/plain.png"] == "low_information|grayscale"
    assert metrics["flags"]["dark"] == 1  # type: ignore[index]
    hashes = read(Path("data/ingest/fingerprints.parquet"), FINGERPRINTS)
    manifest = read(Path("data/ingest/manifest.parquet"), INGESTED)
    assert len(manifest) == 4
    assert set(hashes["image_id"]) == set(manifest["image_id"])
    expected = fingerprint(plane(np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))))
    row = hashes.set_index("image_id").loc[images.sha256(saved(photo, "PNG"))]
    assert row["phash"] + row["dhash"] + row["tile"] == expected.to_bytes()


def test_what_a_check_drops_is_in_the_quarantine_with_its_figure(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    (raw / "cat/good.png").write_bytes(saved(photo, "PNG"))
    (raw / "cat/dark.png").write_bytes(saved(photo // 10, "PNG"))
    drop = parse(Quality, {"dark": {"action": "drop"}}, "quality")
    metrics = ingest(FOLDERS.model_copy(update={"quality": drop}))
    table = read(Path("data/ingest/quarantine.parquet"), QUARANTINE)
    assert table[["path", "reason"]].to_numpy().tolist() == [["cat/dark.png", "dark"]]
    assert table["detail"][0].endswith("the limit is 0.32 (ingest.quality.dark.threshold)")
    assert read(Path("data/ingest/manifest.parquet"), INGESTED)["path"].tolist() == ["data/raw/cat/good.png"]
    assert metrics["refused_by_reason"] == {"dark": 1}


def test_when_every_image_is_dropped_the_line_says_by_what(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    (raw / "cat/dark.png").write_bytes(saved(photo // 10, "PNG"))
    drop = parse(Quality, {"dark": {"action": "drop"}}, "quality")
    with pytest.raises(DataError, match=r"every image is dropped by a check; .*ingest\.quality"):
        ingest(FOLDERS.model_copy(update={"quality": drop}))


def test_several_frames_are_counted_and_said(
    raw: Path, photo: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]
) -> None:
    (raw / "cat").mkdir()
    buffer = io.BytesIO()
    frames = [Image.fromarray(np.roll(photo, step, axis=1)) for step in (0, 9)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    (raw / "cat/a.gif").write_bytes(buffer.getvalue())
    assert ingest()["multi_frame"] == 1
    assert "1 file holds several frames; the first is used" in capsys.readouterr().out


def test_the_users_own_split_is_recorded(raw: Path, photo: NDArray[np.uint8]) -> None:
    for split in ("train", "test"):
        (raw / split / "cat").mkdir(parents=True)
        (raw / split / "cat/a.png").write_bytes(saved(photo, "PNG"))
    ingest(IngestSettings(layout=SplitClassFolders()))
    table = read(Path("data/ingest/manifest.parquet"), INGESTED)
    assert dict(zip(table["path"], table["given_split"], strict=True)) == {
        "data/raw/test/cat/a.png": "test",
        "data/raw/train/cat/a.png": "train",
    }


def test_the_whole_corpus_goes_through_the_stage(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    (raw / "cat/good.png").write_bytes(saved(photo, "PNG"))
    reasons = corpus.write(raw / "cat")
    ingest(IngestSettings(layout=ClassFolders()))
    table = read(Path("data/ingest/quarantine.parquet"), QUARANTINE)
    assert dict(zip(table["path"], table["reason"], strict=True)) == {
        f"cat/{name}": reason for name, reason in reasons.items()
    }
    assert set(table["reason"]) <= ABOUT.keys()
    assert len(read(Path("data/ingest/manifest.parquet"), INGESTED)) == 1


def test_dates_from_exif(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    tags = Image.Exif()
    tags.get_ifd(0x8769)[36867] = "2017:12:13 15:21:07"
    Image.fromarray(photo).save(raw / "cat/a.jpg", exif=tags)
    Image.fromarray(photo).save(raw / "cat/b.png")
    metrics = ingest(IngestSettings(layout=ClassFolders(), captured_at_from_exif=True))
    assert metrics["dated"] == 1
    times = read(Path("data/ingest/manifest.parquet"), INGESTED)["captured_at"].dropna()
    assert [time.isoformat() for time in times] == ["2017-12-13T15:21:07+00:00"]


def test_the_stage_reads_its_section(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "cat").mkdir()
    (raw / "cat/a.png").write_bytes(saved(photo, "PNG"))
    Path("params.yaml").write_text("ingest: {layout: {method: class_folders}}\nsplit: {nonsense: 1}\n")
    execute("ingest", IngestSettings, run)
    assert Path("data/ingest/manifest.parquet").exists()


def test_exif_dates_of_a_folder_in_which_nothing_fits_are_one_line(raw: Path, photo: NDArray[np.uint8]) -> None:
    (raw / "flat.png").write_bytes(saved(photo, "PNG"))
    with pytest.raises(DataError, match="no readable image"):
        ingest(IngestSettings(layout=ClassFolders(), captured_at_from_exif=True))
