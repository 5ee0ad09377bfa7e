"""The mutations of bin/mutate: each replaces one piece of a module.

Not mutated, because tests cannot notice or other tools do: docstrings, type annotations, `__all__`, code only for type checkers
or `python -m`, decorators, names of new types and threads, and texts of log calls.
"""

from __future__ import annotations

import ast
import itertools
import re
from dataclasses import dataclass

COMPARISON, CONSTANT, CALL = "comparison", "constant", "call"
KINDS = (COMPARISON, CONSTANT, CALL)

OPPOSITES: dict[type[ast.cmpop], tuple[str, str]] = {  # pattern of the operator, replacement
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.In: (r"\bin\b", "not in"),
    ast.NotIn: (r"\bnot\s+in\b", "in"),
    ast.Is: (r"\bis\b", "is not"),
    ast.IsNot: (r"\bis\s+not\b", "is"),
}
BOOLEAN_OPPOSITES: dict[type[ast.boolop], tuple[str, str]] = {ast.And: (r"\band\b", "or"), ast.Or: (r"\bor\b", "and")}
OPENING_QUOTE = re.compile(r"""[A-Za-z]*("{3}|'{3}|"|')""")
SMALL = 10  # smaller integers are incremented, larger ones doubled
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
NAMING_CALLS = {"NewType", "TypeVar", "cast"}
THREAD_NAMES = {("Thread", "name"), ("ThreadPoolExecutor", "thread_name_prefix")}


@dataclass(frozen=True)
class Mutation:
    """Replace the bytes from start to end of a module by others."""

    kind: str
    start: int
    end: int
    replacement: bytes

    def apply(self, source: bytes) -> bytes:
        """Return the mutated module."""
        return source[: self.start] + self.replacement + source[self.end :]

    def line_number(self, source: bytes) -> int:
        """Return the number of the line where the mutation begins."""
        return source.count(b"\n", 0, self.start) + 1


def find_mutations(source: bytes) -> list[Mutation]:
    """Return all mutations of a module that leave it valid Python."""
    finder = _Finder(source)
    finder.visit(ast.parse(source))
    return [mutation for mutation in finder.mutations if _is_valid(mutation.apply(source))]


def _is_valid(source: bytes) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


class _Finder(ast.NodeVisitor):
    """Walk a module and collect its mutations; what is not visited is not mutated."""

    def __init__(self, source: bytes) -> None:
        self.mutations: list[Mutation] = []
        self._source = source
        self._line_starts = [0, *itertools.accumulate(len(line) for line in source.splitlines(keepends=True))]

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators, strict=False):
            self._replace_between(left, right, *OPPOSITES[type(operator)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in itertools.pairwise(node.values):
            self._replace_between(left, right, *BOOLEAN_OPPOSITES[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        start, end = self._span(node)
        if isinstance(node.op, ast.Not) and (match := re.match(rb"not\s*", self._source[start:end])):
            self._add(COMPARISON, start, start + match.end(), b"")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self._span(node)
        if isinstance(node.value, bool):
            self._add(CONSTANT, start, end, str(not node.value).encode())
        elif isinstance(node.value, (int, float)):
            changed = node.value + 1 if node.value < SMALL else node.value * 2
            self._add(CONSTANT, start, end, str(changed).encode())
        elif isinstance(node.value, (str, bytes)):
            self._change_text(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._change_text(node)  # what is within an f-string has no exact position before Python 3.12

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, (ast.Call, ast.Await)):
            self._add(CALL, *self._span(node), b"pass")
        if not isinstance(node.value, ast.Constant):  # a docstring, or `...`
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(CALL, *self._span(node), b"pass")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        self._keep_argument(node.value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self._keep_argument(node.value)
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._keep_argument(node.value)
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        logs = isinstance(node.func, ast.Attribute) and name in LOG_METHODS and "LOG" in ast.dump(node.func.value).upper()
        first = 1 if logs or name in NAMING_CALLS else 0
        keywords = [keyword for keyword in node.keywords if (name, keyword.arg) not in THREAD_NAMES]
        for child in [node.func, *node.args[first:], *keywords]:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        defaults = [default for default in node.args.kw_defaults if default]
        for child in [*node.args.defaults, *defaults, *node.body]:
            self.visit(child)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for child in node.body:
            self.visit(child)

    def visit_If(self, node: ast.If) -> None:
        condition = ast.unparse(node.test)
        if "TYPE_CHECKING" not in condition and "__name__" not in condition:
            self.generic_visit(node)

    def _replace_between(self, left: ast.expr, right: ast.expr, pattern: str, replacement: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        if match := re.search(pattern.encode(), self._source[start:end]):
            self._add(COMPARISON, start + match.start(), start + match.end(), replacement.encode())

    def _change_text(self, node: ast.expr) -> None:
        start, end = self._span(node)
        if match := OPENING_QUOTE.match(self._source[start:end].decode()):
            self._add(CONSTANT, start + match.end(), start + match.end(), b"x")

    def _keep_argument(self, value: ast.expr | None) -> None:
        """Replace `f(x)` by `x`."""
        if (
            isinstance(value, ast.Call)
            and len(value.args) == 1
            and not value.keywords
            and not isinstance(value.args[0], ast.Starred)
        ):
            start, end = self._span(value.args[0])
            self._add(CALL, *self._span(value), self._source[start:end])

    def _add(self, kind: str, start: int, end: int, replacement: bytes) -> None:
        self.mutations.append(Mutation(kind, start, end, replacement))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        start = self._line_starts[node.lineno - 1] + node.col_offset
        return start, self._line_starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
