"""Inserts counters at the branches of users' JavaScript, so that a run tells which of them it took.

Insertions stay on their line, so line numbers are those of the user's code. The code does the same as before, except
that a function shows its counters when it is converted to text.
"""

import re
import time
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from server.domain.coverage import BranchKind, Counter, Insertion, Instrumented
from server.domain.sentences import Sentence, say
from server.domain.transformations import MAX_COUNTERS

_JAVASCRIPT = Language(tree_sitter_javascript.language())
_LINE_END = re.compile(b"\r\n|[\n\r]|\xe2\x80\xa8|\xe2\x80\xa9")
"""The line ends of JavaScript in UTF-8."""

_FUNCTIONS = frozenset(
    {
        "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
        "arrow_function", "method_definition",
    }
)  # fmt: skip
_DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})
_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement"})
_NOT_COUNTED = _DECLARATIONS | {"comment", "html_comment", "hash_bang_line", "empty_statement"}
"""Members of a list of statements that do nothing when they are reached."""
_COMMENTS = frozenset({"comment", "html_comment"})
_QUIET = frozenset({"{", "}", "(", ")", "[", "]", ";", ",", "else"}) | _COMMENTS
"""Tokens that say nothing about whether their line has run."""
_LOGICAL = {
    "&&": BranchKind.AND, "||": BranchKind.OR, "??": BranchKind.NULLISH,
    "&&=": BranchKind.AND, "||=": BranchKind.OR, "??=": BranchKind.NULLISH,
}  # fmt: skip


PARSE_SECONDS = 1.0
"""Processor time after which parsing is given up: broken code such as ``/[/[/[…`` takes the parser hours."""
_READ_BYTES = 1024
"""Bytes that the parser reads at a time. It holds the interpreter's lock, which it can only lose between two reads."""


class NotCountable(Exception):
    """Counters cannot be inserted into this code. ``sentence`` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def instrument(code: str) -> Instrumented:
    """The code with counters. Raises ``NotCountable`` when it cannot be parsed or has too many branches.

    Takes about a millisecond for a kilobyte; run long code in a thread.
    """
    source = code.encode("utf-8", "replace")
    root = _parsed(source)
    if root is None or root.has_error:
        raise NotCountable(say("The code cannot be parsed, so its coverage is unknown."))
    walk = _Walk(code, source, _unused_name(code))
    walk.through(root)
    return walk.instrumented()


def _parsed(source: bytes) -> Node | None:
    """The syntax tree; ``None`` when parsing takes longer than ``PARSE_SECONDS``."""
    until = time.thread_time() + PARSE_SECONDS

    def read(at: int, place: object) -> bytes:
        return source[at : at + _READ_BYTES]

    def is_late(*progress: object) -> bool:
        return time.thread_time() > until

    try:
        return Parser(_JAVASCRIPT).parse(read, progress_callback=is_late).root_node
    except ValueError:
        return None


def _unused_name(code: str) -> str:
    """A name for the counting function that does not occur in the code."""
    name, number = "$n", 0
    while name in code:
        name, number = f"$n{number}", number + 1
    return name


class _Walk:
    """One pass over the syntax tree. A *region* is code that runs as often as its counter counts.

    Without recursion, since code may be nested deeply; parents are visited before their children.
    """

    def __init__(self, code: str, source: bytes, name: str) -> None:
        self._code = code
        self._source = source
        self._name = name
        self._places = _Places(source)
        self._counters: list[Counter] = []
        self._lines: dict[int, set[int]] = {}
        self._branches_at: dict[int, set[int]] = {}
        self._inserted: list[tuple[int, int, int, str]] = []
        """Byte, 0 for the end of an insertion's pair and 1 for its start, order, text."""
        self._waiting: list[tuple[Node, int]] = []
        self._ends: dict[int, int] = {}

    def through(self, root: Node) -> None:
        self._statements(root.children, self._new(root, BranchKind.STATEMENT), None, root.end_byte)
        while self._waiting:
            node, region = self._waiting.pop()
            if node.child_count:
                self._visit(node, region)
            elif node.type not in _QUIET and node.end_byte > node.start_byte:
                self._note_token(node, region)

    def instrumented(self) -> Instrumented:
        parts: list[bytes] = []
        insertions, at = [], 0
        for byte, _, _, text in sorted(self._inserted):
            parts += (self._source[at:byte], text.encode())
            line, column = self._places.of(byte)
            insertions.append(Insertion(line, column, len(text)))
            at = byte
        parts.append(self._source[at:])
        return Instrumented(
            original=self._code,
            code=b"".join(parts).decode("utf-8", "replace"),
            name=self._name,
            counters=tuple(self._counters),
            lines={line: tuple(sorted(found)) for line, found in sorted(self._lines.items())},
            branches_at={line: tuple(sorted(found)) for line, found in sorted(self._branches_at.items())},
            insertions=tuple(insertions),
        )

    def _visit(self, node: Node, region: int) -> None:
        """Insert what belongs to this node, and note its children, with their regions, to be visited."""
        match node.type:
            case "statement_block" | "class_static_block":
                self._statements(node.children, region, None, node.end_byte, is_counted=True)
            case "if_statement":
                self._if(node, region)
            case "switch_statement":
                self._switch(node, region)
            case "switch_case" | "switch_default":
                self._case(node)
            case "ternary_expression":
                self._ternary(node, region)
            case "binary_expression" | "augmented_assignment_expression":
                self._logical(node, region)
            case "assignment_pattern" | "object_assignment_pattern":
                self._wrapped_part(node, "right", BranchKind.DEFAULT_VALUE, region)
            case "member_expression" | "subscript_expression":
                self._optional(node, region)
            case "catch_clause":
                self._catch(node)
            case kind if kind in _FUNCTIONS:
                self._function(node, region)
            case kind if kind in _LOOPS:
                self._loop(node, region)
            case _:
                self._later(node.children, region)

    def _if(self, node: Node, region: int) -> None:
        then, otherwise = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        last = _statement_of(otherwise) if otherwise else None
        if then is None or then.type in _DECLARATIONS or (last and last.type in _DECLARATIONS):
            return self._later(node.children, region)  # an old way to declare functions, which braces would change
        taken, not_taken = self._new(then, BranchKind.THEN, node), self._new(last or node, BranchKind.ELSE, node)
        if otherwise is None:
            self._end(self._end_of(then), f" else{{{self._count(not_taken)}}}")
        self._later([child for child in node.children if child not in (then, otherwise)], region)
        self._body(then, taken)
        if otherwise and last:
            self._later([child for child in otherwise.children if child != last], not_taken)
            self._body(last, not_taken)
        return None

    def _switch(self, node: Node, region: int) -> None:
        body = node.child_by_field_name("body")
        if body and not any(child.type == "switch_default" for child in body.children):
            # Before the first case, since a last case without ``break`` would run into it.
            missed = self._new(node, BranchKind.NO_CASE, node)
            self._start(body.start_byte + 1, f"default:{self._count(missed)}break;")
        self._later(node.children, region)

    def _case(self, node: Node) -> None:
        region = self._new(node, BranchKind.CASE if node.type == "switch_case" else BranchKind.DEFAULT)
        colon = next(at for at, child in enumerate(node.children) if child.type == ":")
        self._later(node.children[: colon + 1], region)
        self._statements(node.children[colon + 1 :], region, node.children[colon].end_byte, node.end_byte)

    def _ternary(self, node: Node, region: int) -> None:
        for child in node.children:
            if child == node.child_by_field_name("consequence"):
                self._wrap(child, self._new(child, BranchKind.IF_TRUE))
            elif child == node.child_by_field_name("alternative"):
                self._wrap(child, self._new(child, BranchKind.IF_FALSE))
            else:
                self._later([child], region)

    def _logical(self, node: Node, region: int) -> None:
        operator = node.child_by_field_name("operator")
        kind = _LOGICAL.get(operator.type) if operator else None
        if kind is None:
            self._later(node.children, region)
        else:
            self._wrapped_part(node, "right", kind, region)

    def _wrapped_part(self, node: Node, field: str, kind: BranchKind, region: int) -> None:
        part = node.child_by_field_name(field)
        # A function without a name gets that of the variable, unless something is around it.
        if part is None or (node.type != "binary_expression" and _gets_a_name(part)):
            return self._later(node.children, region)
        self._later([child for child in node.children if child != part], region)
        return self._wrap(part, self._new(part, kind))

    def _optional(self, node: Node, region: int) -> None:
        """Count how often the value before ``?.`` is null or undefined."""
        value = node.child_by_field_name("object")
        chain = next((child for child in node.children if child.type == "optional_chain"), None)
        if value and chain:
            counter = self._new(chain, BranchKind.OPTIONAL, chain)
            self._start(value.start_byte, "(")
            self._end(value.end_byte, f" ?? void {self._count(counter)[:-1]})")
        self._later(node.children, region)

    def _catch(self, node: Node) -> None:
        region, body = self._new(node, BranchKind.CATCH), node.child_by_field_name("body")
        if body:
            self._start(body.start_byte + 1, self._count(region))
        self._later(node.children, region)

    def _function(self, node: Node, region: int) -> None:
        body = node.child_by_field_name("body")
        if body is None:
            return self._later(node.children, region)
        inside = self._new(node, BranchKind.FUNCTION)
        self._later([child for child in node.children if child != body], inside)
        if body.type == "statement_block":
            return self._statements(body.children, inside, None, body.end_byte - 1)
        return self._wrap(body, inside)

    def _loop(self, node: Node, region: int) -> None:
        body = node.child_by_field_name("body")
        self._later([child for child in node.children if child != body], region)
        if body:
            self._body(body, self._new(body, BranchKind.LOOP, node))

    def _body(self, node: Node, region: int) -> None:
        """Count a statement that may lack braces."""
        if node.type == "statement_block":
            self._start(node.start_byte + 1, self._count(region))
        else:
            self._start(node.start_byte, "{" + self._count(region))
            self._end(self._end_of(node), "}")
        self._later([node], region)

    def _wrap(self, node: Node, region: int) -> None:
        """Count an expression."""
        self._start(node.start_byte, f"({self._count(region)[:-1]},")
        self._end(node.end_byte, ")")
        self._later([node], region)

    def _statements(
        self, members: Sequence[Node], region: int, start: int | None, end: int, *, is_counted: bool = False
    ) -> None:
        """Count the statements of a list one by one, since each may be the last to run.

        The first one has the list's own region. Its counter goes to ``start`` (``None``: before the first statement
        that is no directive, such as "use strict"; ``end`` if there is none), unless it ``is_counted`` already.
        """
        if start is not None:
            self._start(start, self._count(region))
            is_counted = True
        can_be_directive, is_first = not is_counted, True
        for member in members:
            if member.is_named and member.type not in _COMMENTS and member.type != "hash_bang_line":
                can_be_directive = can_be_directive and _is_directive(member)
                if not can_be_directive and not is_counted:
                    self._start(member.start_byte, self._count(region))
                    is_counted = True
                if not can_be_directive and member.type not in _NOT_COUNTED:
                    if not is_first:
                        own = self._new(member, BranchKind.STATEMENT)
                        self._start(member.start_byte, self._count(own))
                        self._later([member], own)
                        continue
                    is_first = False
            self._later([member], region)
        if not is_counted and members and members[-1].type == "}":
            self._start(end, ";" + self._count(region))

    def _new(self, node: Node, kind: BranchKind, shown_at: Node | None = None) -> int:
        """A new counter. ``shown_at``: its line counts as partly run while this branch is not taken."""
        if len(self._counters) >= MAX_COUNTERS:
            raise NotCountable(
                say("The code has more than {limit} branches, so they are not counted.", limit=MAX_COUNTERS)
            )
        number = len(self._counters)
        line, column = self._places.of((shown_at or node).start_byte)
        self._counters.append(Counter(kind, line, column))
        if shown_at:
            self._branches_at.setdefault(line, set()).add(number)
        return number

    def _count(self, number: int) -> str:
        return f"{self._name}({number});"

    def _start(self, byte: int, text: str) -> None:
        self._inserted.append((byte, 1, len(self._inserted), text))

    def _end(self, byte: int, text: str) -> None:
        self._inserted.append((byte, 0, -len(self._inserted), text))  # of those that end here, the innermost first

    def _end_of(self, node: Node) -> int:
        """The byte after a statement's last token; a comment behind it may belong to the node.

        What was found is kept for the statements within, so that nesting stays cheap.
        """
        passed = []
        while node.child_count and node.id not in self._ends:
            passed.append(node.id)
            members = reversed(node.children)
            last = next((c for c in members if c.end_byte > c.start_byte and c.type not in _COMMENTS), None)
            if last is None:
                break
            node = last
        end = self._ends.get(node.id, node.end_byte)
        self._ends.update(dict.fromkeys(passed, end))
        return end

    def _later(self, nodes: Sequence[Node], region: int) -> None:
        self._waiting.extend((node, region) for node in nodes)

    def _note_token(self, node: Node, region: int) -> None:
        first, last = self._places.line_of(node.start_byte), self._places.line_of(node.end_byte - 1)
        for line in range(first, last + 1):
            self._lines.setdefault(line, set()).add(region)


class _Places:
    """Lines and columns of bytes. Both start at 1; columns count UTF-16 units, as JavaScript and editors do."""

    def __init__(self, source: bytes) -> None:
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(source))]
        self._units: list[int] | None = None
        if not source.isascii():
            self._units = [0, *accumulate((byte & 0xC0 != 0x80) + (byte >= 0xF0) for byte in source)]

    def line_of(self, byte: int) -> int:
        return bisect_right(self._starts, byte)

    def of(self, byte: int) -> tuple[int, int]:
        line = self.line_of(byte)
        start = self._starts[line - 1]
        if self._units is None:
            return line, byte - start + 1
        return line, self._units[byte] - self._units[start] + 1


def _is_directive(node: Node) -> bool:
    return (
        node.type == "expression_statement" and node.named_child_count > 0 and node.named_children[0].type == "string"
    )


def _statement_of(otherwise: Node) -> Node | None:
    """The statement after ``else``."""
    return next((child for child in reversed(otherwise.named_children) if child.type not in _COMMENTS), None)


def _gets_a_name(node: Node) -> bool:
    while node.type == "parenthesized_expression" and node.named_child_count:
        node = next((child for child in node.named_children if child.type not in _COMMENTS), node.named_children[0])
    named = node.child_by_field_name("name")
    return node.type in ("arrow_function", "function_expression", "generator_function", "class") and named is None
