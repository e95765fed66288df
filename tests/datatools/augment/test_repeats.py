from dataclasses import replace

from datatools.augment.lineage import Made
from datatools.augment.plan import Recipe
from datatools.augment.repeats import repeated
from datatools.augment.sources import Source
from datatools.augment.summary import in_words
from tests.datatools.augment.gallery import source


def made(parent: Source, copy: int, content: bytes) -> Made:
    recipe = Recipe(f"{parent.image_id} {copy}", 0, parent, None, copy, "{}")
    return Made(recipe, "fda", content.decode(), 4, 4, len(content), 1.0, 3, 1.0)


def content(image: Made) -> bytes:
    return image.path.encode()


def test_only_the_same_bytes_of_one_parent_repeat() -> None:
    first, second = source(0), source(1)
    images = [made(first, copy, text) for copy, text in enumerate((b"aa", b"bb", b"aa", b"c", b"aa"))]
    assert repeated(images, content) == 2
    assert repeated([*images, made(second, 0, b"aa")], content) == 2
    assert repeated([made(first, 0, b"aa"), made(first, 1, b"ab")], content) == 0


def test_files_of_different_sizes_are_not_read() -> None:
    images = [made(source(0), copy, b"x" * copy) for copy in range(5)]
    assert repeated([replace(image, path="") for image in images], lambda image: 1 / 0) == 0  # type: ignore[arg-type,return-value]


def test_repeats_are_told() -> None:
    figures = {"count": 8, "unchanged": 0, "repeated": 3}
    assert in_words("geometry", figures).endswith(
        "3 of them repeat another copy of their parent, so lower copies or balance"
    )
    assert "repeat" not in in_words("geometry", {**figures, "repeated": 0})
