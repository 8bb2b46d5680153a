"""Reading a reference file: every bad row is named with its line, and then nothing of it is taken."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from marshmallow import ValidationError

from shared.failure import Failure
from shared.reference.fields import shown
from shared.reference.schemas import Row

Node = Any
"""A node of ruamel.yaml: it has ``id``, ``value`` and ``start_mark``, of which its types know little."""

Trail = tuple[str | int, ...]
"""How to get from a row to a value inside: ``("capabilities", 0, "family")``."""


class BadReference(Failure):
    """A reference file has rows that can't be right. Each line says where, what would be, what was."""


class Sheet:
    """One file while it is read; leaving the ``with`` block raises ``BadReference`` if anything was wrong.

    The file is a mapping of ``sections``, each of them a list of rows.
    """

    def __init__(self, path: Path, *sections: str) -> None:
        self._name = f"{path.parent.name}/{path.name}"
        self._faults: list[tuple[int, str]] = []
        self._nodes: dict[int, Node] = {}
        self._names: dict[int, str] = {}
        self._tree, self._values = self._parsed(path)
        self._need_sections(sections)

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is None:
            self._need_no_fault()

    def rows(
        self, section: str, schema: Row, *, unique: tuple[str, ...], called: str | None = None
    ) -> tuple[Any, ...]:
        """The good rows of a section, in which each of the ``unique`` fields tells every row apart.

        A fault names its row by the field ``called``, if there is one.
        """
        node = _inside(self._tree, section)
        if node is None or node.id != "sequence" or not node.value:
            return ()
        if called:
            self._name_rows(node, self._values[section], called)
        for field in unique:
            self._need_unique(field, node, self._values[section])
        pairs = zip(node.value, self._values[section], strict=True)
        return tuple(row for node, value in pairs for row in self._row(node, value, schema))

    def named(self, section: str, field: str) -> set[str]:
        """What the rows of a section are called, the bad ones too, so that one fault is not told twice."""
        rows = self._values.get(section)
        if not isinstance(rows, list):
            return set()
        return {str(row[field]) for row in rows if isinstance(row, dict) and field in row}

    def fault(self, row: object, trail: Trail, said: str) -> None:
        """Something is wrong with a row in the light of other rows."""
        self._fault(self._nodes[id(row)], trail, said)

    def lack(self, said: str) -> None:
        """Something is missing from the file as a whole."""
        self._faults.append((1, said))

    def _name_rows(self, section: Node, values: list[Any], field: str) -> None:
        for node, value in zip(section.value, values, strict=True):
            if isinstance(value, dict) and field in value:
                self._names[id(node)] = f"{value[field]}, "

    def _row(self, node: Node, value: Any, schema: Row) -> Iterator[Any]:
        if not isinstance(value, dict):
            self._fault(node, (), f"must be a row of fields, was {shown(value)}")
            return
        try:
            row = schema.load(value)
        except ValidationError as error:
            for trail, said in _flat(error.messages):
                self._fault(node, trail, said)
        else:
            self._nodes[id(row)] = node
            yield row

    def _fault(self, node: Node, trail: Trail, said: str) -> None:
        field = ".".join(str(step) for step in trail)
        name = self._names.get(id(node), "")
        self._faults.append((_line(node, trail), f"{name}{field}: {said}" if field else f"{name}{said}"))

    def _need_unique(self, field: str, section: Node, values: list[Any]) -> None:
        lines: dict[Any, int] = {}
        for node, value in zip(section.value, values, strict=True):
            key = value.get(field) if isinstance(value, dict) else None
            if not isinstance(key, str):
                continue
            if key in lines:
                said = f"must be the only one of its kind, was {shown(key)} as in line {lines[key]}"
                self._fault(node, (field,), said)
            lines.setdefault(key, _line(node, (field,)))

    def _need_sections(self, sections: tuple[str, ...]) -> None:
        for section in sections:
            node = _inside(self._tree, section)
            if node is None:
                self._faults.append((1, f"{section}: is missing; it must be a list of rows"))
            elif node.id != "sequence" or not node.value:
                was = shown(self._values[section])
                self._fault(self._tree, (section,), f"must be a list of one or more rows, was {was}")
        for name in self._values:
            if name not in sections:
                right = " and ".join(sections)
                self._fault(self._tree, (name,), f"is no section of this file; it must have {right}")

    def _need_no_fault(self) -> None:
        if self._faults:
            raise BadReference(
                "\n".join(f"{self._name}:{line}: {said}" for line, said in sorted(self._faults))
            )

    def _parsed(self, path: Path) -> tuple[Node, dict[str, Any]]:
        """The file as nodes, which know their lines, and as plain values."""
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            node, values = _composed(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadReference(f"{self._name}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadReference(f"{self._name}: must be text in UTF-8") from None
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BadReference(f"{self._name}:{line}: must be YAML: {error.problem}") from None
        except YAMLError as error:
            raise BadReference(f"{self._name}: must be YAML: {error}") from None
        if node is None or not isinstance(values, dict):
            raise BadReference(f"{self._name}:1: must be a mapping of lists, was {shown(values)}")
        self._faults += _doubled(node, set())
        self._need_no_fault()
        return node, values


@lru_cache(maxsize=32)
def _composed(text: str) -> tuple[Node, Any]:
    """A document as nodes and as plain values. It takes a second, and several files ask for the same one."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # they are refused by the sheet, all of them and with both lines
    node = yaml.compose(text)
    return node, None if node is None else yaml.constructor.construct_document(node)


def read(path: Path, section: str, schema: Row, *, unique: tuple[str, ...]) -> tuple[Any, ...]:
    """The rows of a file with one section."""
    with Sheet(path, section) as sheet:
        return sheet.rows(section, schema, unique=unique)


def _flat(messages: Any, trail: Trail = ()) -> Iterator[tuple[Trail, str]]:
    """Marshmallow's nested errors one by one: the trail to the value, and what is wrong with it."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            yield from _flat(inner, (*trail, step))
    else:
        yield from ((trail, said) for said in messages)


def _line(node: Node, trail: Trail) -> int:
    """The line of the value at the end of the trail, or of the nearest thing around it."""
    line = int(node.start_mark.line) + 1
    for step in trail:
        if (inner := _inside(node, step)) is None:
            return line
        line, node = _key_line(node, step, inner), inner
    return line


def _inside(node: Node, step: str | int) -> Node | None:
    if node.id == "sequence" and isinstance(step, int):
        return node.value[step]
    if node.id == "mapping":
        return next((value for key, value in node.value if key.value == str(step)), None)
    return None


def _key_line(node: Node, step: str | int, inner: Node) -> int:
    """A field's line is where its name stands: its value may begin on the next one."""
    if node.id == "sequence":
        return int(inner.start_mark.line) + 1
    return next(int(key.start_mark.line) + 1 for key, _ in node.value if key.value == str(step))


def _doubled(node: Node, seen: set[int]) -> Iterator[tuple[int, str]]:
    """Fields that stand twice in the same mapping, anywhere below this node."""
    if id(node) in seen or node.id == "scalar":
        return
    seen.add(id(node))
    lines: dict[str, int] = {}
    for entry in node.value:
        key, value = entry if node.id == "mapping" else (None, entry)
        if key is not None:
            line = int(key.start_mark.line) + 1
            if str(key.value) in lines:
                yield line, f"{key.value}: must stand once in its row, was already in line {lines[key.value]}"
            lines.setdefault(str(key.value), line)
        yield from _doubled(value, seen)
