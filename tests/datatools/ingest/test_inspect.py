import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datatools.ingest.inspect import identify, inspect, walk

LIMIT = 10_000


def test_walk_is_sorted_skips_the_hidden_and_refuses_links_that_leave(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for name in ["b/2.png", "a/1 ü.png", ".hidden/3.png", "a/.DS_Store"]:
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (raw / "out.png").symlink_to(tmp_path / "secret.png")
    (raw / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (raw / "in.png").symlink_to(raw / "b/2.png")
    (raw / "linked").symlink_to(raw / "b")
    (raw / "a" / "back\\slash.png").write_bytes(b"x")
    (raw / "a" / b"caf\xe9.png".decode("utf-8", "surrogateescape")).write_bytes(b"x")
    found = {item.file.encode("utf-8", "backslashreplace").decode(): item.refused for item in walk(raw)}
    assert found == {
        "gone.png": "broken_link",
        "in.png": None,
        "linked": "linked_folder",
        "out.png": "outside",
        "a/1 ü.png": None,
        "a/back\\slash.png": "odd_name",
        "a/caf\\udce9.png": "odd_name",
        "b/2.png": None,
    }


def test_identity_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert identify(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
    assert identify(tmp_path / "absent") == ""


def test_a_photo_with_exif(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    tags = Image.Exif()
    tags[274], tags[272] = 6, "Box Brownie"
    tags.get_ifd(0x8769)[36867] = "2017:12:13 15:21:07"
    Image.fromarray(photo).save(tmp_path / "a.jpg", exif=tags)
    seen = inspect(tmp_path / "a.jpg", LIMIT)
    assert (seen["width"], seen["height"]) == (48, 64)
    assert (seen["format"], seen["frames"]) == ("JPEG", 1)
    assert (seen["taken"], seen["camera"]) == ("2017:12:13 15:21:07", "Box Brownie")


def test_figures_order_images_as_they_look(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    dark, flat = photo // 8, np.full_like(photo, 128)
    seen = {}
    for name, picture in {"photo": photo, "dark": dark, "flat": flat}.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
        seen[name] = inspect(tmp_path / f"{name}.png", LIMIT)
    assert seen["dark"]["brightness"] < seen["photo"]["brightness"]
    assert seen["flat"]["contrast"] == seen["flat"]["sharpness"] == 0
    assert seen["photo"]["contrast"] > 0


def test_an_animation_says_how_many_frames_it_has(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    frames = [Image.fromarray(np.roll(photo, shift, axis=1)) for shift in (0, 9, 18)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert inspect(tmp_path / "a.gif", LIMIT)["frames"] == 3


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("zero.jpg", b"", "empty"),
        ("page.jpg", b"<!doctype html><title>404</title>", "not_an_image"),
        ("text.png", b"hello", "not_an_image"),
    ],
)
def test_refusals_have_a_reason_and_no_path_of_this_machine(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    seen = inspect(tmp_path / name, LIMIT)
    assert seen["reason"] == reason
    assert str(tmp_path) not in seen["detail"]


def test_size_limit_and_absence(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    Image.fromarray(photo).save(tmp_path / "a.png")
    assert inspect(tmp_path / "a.png", 100)["reason"] == "too_large"
    assert inspect(tmp_path / "b.png", 100)["reason"] == "missing"
