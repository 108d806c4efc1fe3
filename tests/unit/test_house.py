"""The limits that keep the code readable: files, functions and parameter lists stay short."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("nnet", "workbench", "pages", "examples", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
FILE_LINES, FUNCTION_LINES, PARAMETERS, EXAMPLE_LINES = 400, 60, 7, 30
LONG_FILES = ("words.py", "published.py")  # sentences, and the paper's tables


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without the docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - told


def too_long(path: Path) -> Iterator[str]:
    """What is longer than it may be in a file, and in its functions."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > (EXAMPLE_LINES if path.parent.name == "examples" else FILE_LINES) and path.name not in LONG_FILES:
        yield f"{path} has {lines} lines"
    for node in functions(path):
        if length(node) > FUNCTION_LINES:
            yield f"{path}: {node.name} has {length(node)} lines"
        count = len([a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")])
        if count > PARAMETERS and node.name != "train":
            yield f"{path}: {node.name} has {count} parameters"


def test_files_functions_and_parameter_lists_are_short() -> None:
    assert [found for path in FILES for found in too_long(path)] == []


def test_environment_variables_are_declared_in_one_place() -> None:
    declared = (ROOT / "nnet" / "environment.py").read_text(encoding="utf-8")
    read = {
        (path, node.value)
        for path in FILES
        if path.parent.name != "benchmarks" and path.name != "environment.py"
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"NNET_\w+", node.value)
    }
    assert read == set(), "use nnet.environment"
    told = {name for path in FILES for name in re.findall(r"\bNNET_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    assert told <= set(re.findall(r'"(NNET_[A-Z_]+)"', declared))


# --------------------------------------------------------------------------------------------- texts of others

MARKDOWN = {
    "markdown",
    "caption",
    "write",
    "info",
    "warning",
    "error",
    "success",
    "toast",
    "subheader",
    "title",
    "header",
}
MARKDOWN |= {
    "chart",
    "expander",
    "metric",
    "button",
    "download_button",
    "popover",
    "status",
    "spinner",
    "badge",
    "checkbox",
}
"""Calls whose words Streamlit draws as Markdown."""
FOREIGN = {"notes", "problems", "reason", "short", "written"}
"""Names of what others may have written: remarks on files, why a run failed, a picture's name, a link's text."""
ESCAPING = {"plain", "bullets", "card"}


def unescaped(node: ast.AST) -> Iterator[str]:
    """What others may have written in an expression, outside `units.plain` and sentences of words.py."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called.rpartition(".")[2] in ESCAPING or "words." in called or "map(units.plain," in ast.unparse(node):
            return
        if called == "str":
            yield ast.unparse(node)
    if (isinstance(node, ast.Attribute) and node.attr in FOREIGN) or (
        isinstance(node, ast.Name) and node.id in FOREIGN
    ):
        yield ast.unparse(node)
    for child in ast.iter_child_nodes(node):
        yield from unescaped(child)


def test_texts_of_others_are_escaped_before_they_are_markdown() -> None:
    """As far as it can be told from the code; tests/hostile/test_texts.py looks at the pages."""
    found = []
    for path in (path for path in FILES if "workbench" in path.parts):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MARKDOWN:
                drawn = [*node.args[:3], *(one.value for one in node.keywords if one.arg in ("help", "label", "body"))]
                found += [f"{path.name}:{node.lineno} {text}" for one in drawn for text in unescaped(one)]
    assert found == []


def test_no_part_of_a_sentence_is_left_without_its_values() -> None:
    """A sentence of several strings of which one, with a {name} in it, lost its f. (Plotly fills in %{name}.)"""
    found = []
    for path in (path for path in FILES if path.name.endswith("words.py")):
        for node in nodes(path):
            texts = node.values if isinstance(node, ast.JoinedStr) else []
            plain = [text.value for text in texts if isinstance(text, ast.Constant)]
            found += [f"{path}:{node.lineno} {text}" for text in plain if re.search(r"(?<!%)\{[a-z_]+\}", str(text))]
    assert found == []
