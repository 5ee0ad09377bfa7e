"""bin/mutate makes mistakes that a person would make, and no others."""

import random
from pathlib import Path

import pytest

from prove.mutate import Mutant, choose
from prove.mutations import CALL, COMPARISON, CONSTANT, Mutation, find_mutations


def mutated(source):
    return [mutation.apply(source.encode()).decode() for mutation in find_mutations(source.encode())]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a == b", ["a != b"]),
        ("a < b <= c", ["a >= b <= c", "a < b > c"]),
        ("a in b", ["a not in b"]),
        ("a not  in b", ["a in b"]),
        ("a is b", ["a is not b"]),
        ("(a) is not (b)", ["(a) is (b)"]),
        ("a and b and c", ["a or b and c", "a and b or c"]),
        ("a or b", ["a and b"]),
        ("not (a)", ["(a)"]),
        ("'가' == a", ["'가' != a", "'x가' == a"]),
    ],
)
def test_a_comparison_is_turned(source, expected):
    assert mutated(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 0", ["a = 1"]),
        ("a = 0.5", ["a = 1.5"]),
        ("a = 200", ["a = 400"]),
        ("a = True", ["a = False"]),
        ("a = ''", ["a = 'x'"]),
        ("a = r'^b'", ["a = r'x^b'"]),
        ("a = b'c'", ["a = b'xc'"]),
        ("a = f'{b}'", ["a = f'x{b}'"]),
        ("a = 'b' \\\n 'c'", ["a = 'xb' \\\n 'c'"]),
        ("a: int = 1", ["a: int = 2"]),
        ("def f(a=1, *, b=2): ...", ["def f(a=2, *, b=2): ...", "def f(a=1, *, b=3): ..."]),
        ("a = None", []),
    ],
)
def test_a_constant_is_changed(source, expected):
    assert mutated(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(a)", ["pass"]),
        ("f(\n  a,\n)", ["pass"]),
        ("if a:\n  raise B(c) from d", ["if a:\n  pass"]),
        ("a = f(b)", ["a = b"]),
        ("def f(): return g(a)", ["def f(): return a"]),
        ("a = f(b, c)", []),
        ("a = f(b, c=d)", []),
        ("a = f(*b)", []),
        ("def f(): a(b)", ["def f(): pass"]),
        ("async def f(): await a(b)", ["async def f(): pass"]),
    ],
)
def test_a_call_is_dropped(source, expected):
    assert mutated(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        'class A(B, c="d"):\n  """A docstring."""',
        'def f(a: "B") -> Literal["c"]:\n  """A docstring."""',
        "a: Literal['b']",
        "__all__ = ['a']",
        "if TYPE_CHECKING:\n  a = 1",
        "if __name__ == '__main__':\n  a = 1",
        "@lru_cache(maxsize=1)\ndef f(): ...",
        "a = NewType('A', b)",
        "a = Thread(name='b')",
        "import a",
    ],
)
def test_what_nobody_can_notice_is_left_alone(source):
    assert mutated(source) == []


def test_a_log_call_can_be_dropped_but_keeps_its_text():
    assert mutated("_LOGGER.info('a')") == ["pass"]


def test_a_mutation_says_its_line():
    source = b"a = (\n  b\n  == c\n)"
    (mutation,) = find_mutations(source)
    assert mutation.line_number(source) == 3


def test_the_kinds_take_turns_and_a_seed_repeats_the_choice():
    kinds = [CONSTANT] * 50 + [COMPARISON] * 3 + [CALL]
    mutants = [Mutant(Path("a.py"), Mutation(kind, number, number, b"")) for number, kind in enumerate(kinds)]
    chosen = choose(mutants, 12, random.Random(1))
    assert [each.mutation.kind for each in chosen].count(CONSTANT) == 8
    assert len(set(chosen)) == 12
    assert chosen == choose(mutants, 12, random.Random(1))
