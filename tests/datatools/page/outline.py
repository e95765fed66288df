"""The outline of a page, and what holds for every page of the toolkit."""

import html.parser
import itertools
import re

VOID = {"meta", "link", "img", "br", "input"}
BESIDE = re.compile(r"[a-z]+\.html")  # another page of the same folder, to which one may go


class Outline(html.parser.HTMLParser):
    """Checks that tags are balanced, and collects what the tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def is_well_formed(text: str) -> None:
    outline = Outline(text)
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    addresses = [attributes["href"] or "" for attributes in outline.attributes("a")]
    links = {address.removeprefix("#") for address in addresses if not BESIDE.fullmatch(address)}
    named = {
        attributes[name] for _, attributes in outline.tags for name in ("aria-labelledby", "for") if name in attributes
    }
    assert links | named <= set(ids)
    assert text.lstrip().lower().startswith("<!doctype html>")


def loads_nothing(text: str) -> None:
    outline = Outline(text)
    loaded = [
        attributes.get(name)
        for tag, attributes in outline.tags
        for name in ("src", "href", "srcset", "action", "data")
        if not (tag == "a" and BESIDE.fullmatch(attributes.get(name) or ""))
    ]
    assert all(address.startswith(("data:", "#")) for address in loaded if address)
    assert not re.search(r"https?:|url\(|@import|<iframe|<object", text)
    policy = next(a for a in outline.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in (policy["content"] or "")
    assert "'unsafe" not in (policy["content"] or "").replace("style-src 'unsafe-inline'", "")


def serves_without_mouse_or_eyes(text: str) -> None:
    outline = Outline(text)
    assert all(attributes.get("alt") for attributes in outline.attributes("img"))
    assert all(attributes.get("scope") for attributes in outline.attributes("th") if "aria-hidden" not in attributes)
    assert next(iter(outline.attributes("html")))["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    scrolling = [a for a in outline.attributes("div") if a.get("class") == "scroll"]
    assert all(a.get("tabindex") == "0" and a.get("role") == "region" and a.get("aria-label") for a in scrolling)
