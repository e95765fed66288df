import base64
import hashlib
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from datatools.page import document
from tests.datatools.page.outline import is_well_formed, loads_nothing, serves_without_mouse_or_eyes


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "own.html").write_text(
        '{% extends "document.html" %}{% block content %}<h1>{{ name }}, {{ n|count }}</h1>{% endblock %}'
    )
    (tmp_path / "own.js").write_text("\nif (1 < 2 && '{{ name }}') document.title += 'é';\n", encoding="utf-8")
    return tmp_path


def test_a_tool_brings_a_template_and_gets_a_whole_page(templates: Path) -> None:
    text = document.render(templates, "own.html", name="<b>&", n=1234)
    assert "<h1>&lt;b&gt;&amp;, 1,234</h1>" in text
    is_well_formed(text)
    loads_nothing(text)
    serves_without_mouse_or_eyes(text)
    assert "script-src 'none'" in text.replace("&#39;", "'")
    assert "<script" not in text


def test_the_policy_allows_the_script_of_the_tool_and_no_other(templates: Path) -> None:
    text = document.render(templates, "own.html", script="own.js", name="x", n=1).replace("&#39;", "'")
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script == ["if (1 < 2 && '{{ name }}') document.title += 'é';"]
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_a_name_that_no_view_gives_is_an_error(templates: Path) -> None:
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        document.render(templates, "own.html", n=1)
