"""The page as a file: one, small, and with nothing in it that comes from elsewhere."""

import re

from micrograd_np.explorer.page import FILE, policy, text


def test_it_is_one_file_of_less_than_150_kilobytes():
    assert FILE.stat().st_size < 150_000
    assert len(re.findall(r"<script\b", text())) == 1
    assert len(re.findall(r"<style\b", text())) == 1


def test_it_asks_nobody_else():
    addresses = set(re.findall(r"\b[a-z]+://[^\s\"'`<]*", text()))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a language
    assert not re.search(r"@import|url\(|<iframe|<object|<embed|<base|src=|import\(", text())


def test_nothing_in_it_runs_text():
    script = text().partition("<script>")[2]
    for word in ("eval(", "Function(", "innerHTML", "outerHTML", "insertAdjacentHTML",
                 "document.write", "setTimeout(\"", "javascript:"):  # fmt: skip
        assert word not in script, word
    assert not re.search(r"<[^>]+\son[a-z]+=", text().partition("<script>")[0])
    assert " style=" not in text().partition("<script>")[0]


def test_its_policy_allows_its_own_script_and_style_alone():
    rules = dict(rule.split(" ", 1) for rule in policy().split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert "unsafe" not in policy()
    assert "'self'" not in rules["script-src"]
    assert "frame-ancestors" not in policy(connects=False)  # a file cannot say it
