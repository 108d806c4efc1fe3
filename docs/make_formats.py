"""Write docs/formats.md from the formats that the code declares: python docs/make_formats.py."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import nnet  # noqa: E402
from nnet.formats import KNOWN, Arrays, Document, FileFormat, Lines, Text  # noqa: E402
from nnet.formats.documents import DEPTH  # noqa: E402
from nnet.formats.files import size_of  # noqa: E402
from nnet.formats.types import LARGEST  # noqa: E402

PLACES = {
    "nnet.saved": "A checkpoint",
    "nnet.runs": "A run, besides the files of its checkpoint",
    "nnet.studies": "A study",
    "nnet.data": "A data set",
    "nnet.model": "A teacher",
    "nnet.watch": "Results of nnet watch",
    "nnet.replay": "A replay bundle",
    "nnet.export": "An exported model",
}
_EVERYWHERE = (None, LARGEST, -LARGEST, 1e300, -1e300)
"""Limits that every number has."""
HEAD = f"""# Files and what stands in them

Made by `python docs/make_formats.py` from the formats that the code declares; a test checks that it is current.

Every file here is checked when it is read. It must be a regular file of at most the stated size. JSON must be strict:
no NaN, no infinity, whole numbers up to 2^53, other numbers up to 1e300, at most {DEPTH} levels of lists and objects.
Fields must have the stated types and ranges. The types and shapes of arrays are read from the header before an array
takes memory, and floats must be finite. A file that does not keep to this is named in a sentence that says what was
expected and what was found, and nothing else stops.

Further fields are allowed in JSON objects (not in run.json) and are kept when a file is written again. `*` stands for
any name, `[]` for each entry of a list. The journal of `nnet watch` is an SQLite file (`nnet/watch/journal.py`), whose
rows are checked in the same way.
"""


def declared() -> dict[str, list[FileFormat]]:
    """Title of the place -> its formats by name."""
    for module in pkgutil.walk_packages(nnet.__path__, "nnet."):
        if module.name.startswith(tuple(PLACES)) and not module.name.endswith(("__main__", "export.standalone")):
            importlib.import_module(module.name)
    found: dict[str, list[FileFormat]] = {title: [] for title in PLACES.values()}
    for format in KNOWN:
        package = format.error.__module__.rpartition(".")[0]
        if package in PLACES:
            found[PLACES[package]].append(format)
    return {title: sorted(formats, key=lambda format: format.name) for title, formats in found.items()}


def fields(schema: Any) -> Iterator[str]:
    """Rows of a table: field, type with its range, and whether it must be there."""
    (whole,), parts = msgspec.json.schema_components((schema,), ref_template="{name}")
    yield from _rows(whole, parts, "", set())


def _rows(node: dict[str, Any], parts: dict[str, Any], at: str, seen: set[str]) -> Iterator[str]:
    name = node.get("$ref")
    if name in seen:
        return
    node = parts[name] if name else node
    seen = seen | ({name} if name else set())
    for key, value in node.get("properties", {}).items():
        where = f"{at}.{key}" if at else key
        needed = "yes" if key in node.get("required", ()) else ""
        yield f"| `{where}` | {_kind(value, parts)} | {needed} |"
        yield from _inside(value, parts, where, seen)
    if "properties" not in node:
        yield from _inside(node, parts, at, seen)


def _inside(value: dict[str, Any], parts: dict[str, Any], at: str, seen: set[str]) -> Iterator[str]:
    for one in (value, *value.get("anyOf", ())):
        if "$ref" in one:
            yield from _rows(one, parts, at, seen)
        if isinstance(one.get("items"), dict):
            yield from _inside(one["items"], parts, f"{at}[]", seen)
        if isinstance(one.get("additionalProperties"), dict):
            yield from _inside(one["additionalProperties"], parts, f"{at}.*", seen)


def _kind(value: dict[str, Any], parts: dict[str, Any]) -> str:
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_kind(one, parts) for one in value["anyOf"]))
    if "$ref" in value:
        return "object"
    if "enum" in value:
        return " or ".join(f'"{one}"' for one in value["enum"])
    names = {"integer": "whole number", "string": "text", "boolean": "true or false", "array": "list"}
    kind = value.get("type", "anything")
    said = names.get(kind, kind)
    ranges = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "maxLength": "length ≤", "pattern": "like"}
    ranges |= {
        "minItems": "length ≥",
        "maxItems": "length ≤",
        "minProperties": "entries ≥",
        "maxProperties": "entries ≤",
    }
    limits = [f"{sign} {_limit(value[key])}" for key, sign in ranges.items() if value.get(key) not in _EVERYWHERE]
    if kind == "array" and isinstance(value.get("items"), dict):
        said += f" of {_kind(value['items'], parts)}"
    if kind == "object" and isinstance(value.get("additionalProperties"), dict):
        said += f" of {_kind(value['additionalProperties'], parts)} by name"
    return f"{said} ({', '.join(limits)})" if limits else said


def _limit(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value}`"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.3g}"


def section(format: FileFormat) -> str:
    """One format: what it holds, and its fields or arrays."""
    schema = getattr(format, "schema", None)
    doc = " ".join((schema.__doc__ or "").split("\n\n")[0].split()) if isinstance(schema, type) else ""
    has_doc = doc and not doc.startswith(("dict(", "list("))
    kind = {Document: "JSON", Lines: "a JSON object in each line", Text: "text in UTF-8", Arrays: "safetensors"}
    said = f"{kind[type(format)]}, " if type(format) in kind else ""
    about = f"{format.about}{' ' + doc if has_doc else ''} ({said}at most {size_of(format.most)})"
    lines = [f"### {format.name}", "", about, ""]
    if isinstance(format, Document | Lines):
        lines += ["| field | type | required |", "|---|---|---|", *fields(format.schema), ""]
    if isinstance(format, Arrays):
        lines += ["| array | type | shape | what it is |", "|---|---|---|---|"]
        for name, array in format.arrays.items():
            shape = "any" if array.shape is None else f"({', '.join(map(str, array.shape))})"
            lines.append(f"| `{name}` | {' or '.join(array.types)} | {shape} | {array.about} |")
        limits = [f"{letter} from {least} to {most}" for letter, (least, most) in format.limits.items()]
        used = {str(one) for array in format.arrays.values() for one in array.shape or ()}
        limits = [limit for limit in limits if limit.split()[0] in used]
        lines += ["", f"With {', '.join(limits)}.", ""] if limits else [""]
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, formats in declared().items():
        parts += [f"## {title}\n", *map(section, formats)]
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    (HERE / "formats.md").write_text(page(), encoding="utf-8")
