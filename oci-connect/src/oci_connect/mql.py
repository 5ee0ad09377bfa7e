"""Check the syntax of an MQL query, because OCI refuses a bad one only when the alarm is created.

    query      = operand { ("&&" | "||") operand }
    operand    = sum [ comparison sum | ("in" | "not in") "(" number "," number ")" ]
    sum        = term { ("+" | "-" | "*" | "/" | "%") term }
    term       = number | ( metric | "(" query ")" ) { "." function "(" … ")" }
    metric     = name "[" interval "]" [ "{" dimensions "}" ] "." function "(" … ")"

An alarm's query needs a trigger rule too: a comparison, or absent().
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/mql.htm
"""

from __future__ import annotations

import re
from typing import NoReturn

MAX_LENGTH = 4096
STATISTICS = ["absent", "avg", "count", "first", "increment", "last", "max", "mean", "min", "percentile", "rate", "sum"]
GROUPINGS = ("groupBy", "grouping")
ARGUMENTS = {  # function -> its arguments, and how they are told; the others take none
    "absent": (re.compile(r"(\d+[mhd])?", re.ASCII), "nothing or a time such as 20m"),
    "percentile": (re.compile(r"0?\.\d+|[01](\.0*)?", re.ASCII), "a number from 0 to 1"),
    "groupBy": (re.compile(r"[\w.$-]+(\s*,\s*[\w.$-]+)*", re.ASCII), "names of dimensions"),
}
NO_ARGUMENTS = (re.compile(""), ")")
NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
DIMENSION = re.compile(r"""\s*[^\s=!~,{}()"'|]+""")  # a key may hold what a word may not, as a hyphen
INTERVAL = re.compile(r"([1-9]|[1-5]\d|60)m|([1-9]|1\d|2[0-4])h|1d", re.ASCII)
TOKEN = re.compile(
    r"""\s*(?:(?P<word>(?:not\s+)?in\b|[A-Za-z_][\w:$./-]*?(?=\[)|[A-Za-z_]\w*)|(?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?:[mhd]\b)?)
    |(?P<text>"[^"]*"|'[^']*')|(?P<sign>&&|\|\||>=|<=|==|!=|=~|[][(){},.=<>+*/%~-]))""",
    re.VERBOSE | re.ASCII,
)
COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
MATCHES = ("=", "!=", "=~")


class _MqlError(ValueError):
    """A syntax error at a position."""


def wrong(query: object) -> str:
    """Return the syntax error of a query with its position, or ""."""
    if not isinstance(query, str) or not query.strip():
        return "text expected"
    if len(query) > MAX_LENGTH:
        return f"at most {MAX_LENGTH} characters expected"
    try:
        _Reader(query).read()
    except _MqlError as e:
        return str(e)
    return ""


class _Reader:
    def __init__(self, query: str) -> None:
        self.query, self.place = query, 0
        self.has_metric = self.has_rule = False

    def read(self) -> None:
        self._query()
        if self._peek():
            self._fail("an operator such as && or > expected")
        if not self.has_metric:
            self._fail("a metric expected, such as CpuUtilization[1m].mean()")
        if not self.has_rule:
            self._fail("a trigger rule expected, such as > 80 or .absent()")

    def _query(self) -> None:
        self._operand()
        while self._peek() in ("&&", "||"):
            self._next()
            self._operand()

    def _operand(self) -> None:
        self._sum()
        sign = " ".join(self._peek().split())
        if sign in (*COMPARISONS, "in", "not in"):
            self.has_rule = True
        if sign in COMPARISONS:
            self._next()
            self._sum()
        elif sign in ("in", "not in"):
            self._next()
            for part in ("(", "number", ",", "number", ")"):
                self._expect(part)

    def _sum(self) -> None:
        self._term()
        while self._peek() in ("+", "-", "*", "/", "%"):
            self._next()
            self._term()

    def _term(self) -> None:
        if NUMBER.fullmatch(self._peek()):
            self._next()
            return
        if self._peek() == "(":
            self._next()
            self._query()
            self._expect(")")
            while self._peek() == ".":
                self._function()
            return
        self._metric()

    def _metric(self) -> None:
        if not re.match(r"[A-Za-z_]", self._peek()):
            self._fail("the name of a metric, a number or ( expected")
        self._next()
        self._expect("[")
        start = self.place
        if not INTERVAL.fullmatch(self._next().strip()):
            self.place = start
            self._fail("an interval from 1m to 60m, 1h to 24h, or 1d expected")
        self._expect("]")
        if self._peek() == "{":
            self._dimensions()
        self.has_metric, is_statistic = True, self._function()
        while self._peek() == ".":
            is_statistic |= self._function()
        if not is_statistic:
            self._fail(f"a statistic expected: {', '.join(STATISTICS)}")

    def _dimensions(self) -> None:
        self._next()
        while True:
            found = DIMENSION.match(self.query, self.place)
            if not found:
                self._fail("the name of a dimension expected")
            self.place = found.end()
            if self._peek() not in MATCHES:
                self._fail("=, != or =~ expected")
            self._next()
            self._expect("text in quotes")
            while self._peek() == "|":
                self._next()
                self._expect("text in quotes")
            if self._peek() != ",":
                break
            self._next()
        self._expect("}")

    def _function(self) -> bool:
        """Read `.name(…)`; say whether it is a statistic."""
        self._expect(".")
        start, name = self.place, self._next().strip()
        if name not in (*STATISTICS, *GROUPINGS):
            self.place = start
            self._fail(f"a statistic expected: {', '.join(STATISTICS)}; or {', '.join(GROUPINGS)}")
        self._expect("(")
        self._arguments(name)
        self._expect(")")
        self.has_rule |= name == "absent"
        return name in STATISTICS

    def _arguments(self, function: str) -> None:
        end = self.query.find(")", self.place)
        form, told = ARGUMENTS.get(function, NO_ARGUMENTS)
        if end >= 0 and not form.fullmatch(self.query[self.place : end].strip()):
            self._fail(f"{told} expected")
        self.place = end if end >= 0 else len(self.query)

    def _peek(self) -> str:
        found = TOKEN.match(self.query, self.place)
        return found[0].strip() if found else self.query[self.place :].strip()[:1]

    def _next(self) -> str:
        found = TOKEN.match(self.query, self.place)
        if not found:
            self._fail("a metric, a number or an operator expected")
        self.place = found.end()
        return found[0]

    def _expect(self, what: str) -> None:
        token = self._peek()
        fits = {
            "number": bool(NUMBER.fullmatch(token)),
            "text in quotes": token[:1] in ('"', "'") and len(token) > 1,
        }.get(what, token == what)
        if not fits:
            self._fail(f"{what} expected")
        self._next()

    def _fail(self, expected: str) -> NoReturn:
        rest = self.query[self.place :].strip()
        place = len(self.query) - len(self.query[self.place :].lstrip()) + 1
        raise _MqlError(f"character {place}, {f'before {rest[:12]!r}' if rest else 'at the end'}: {expected}")
