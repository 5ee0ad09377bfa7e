"""Mutation testing: count the mutants of src/plugin that survive the fast tests.

The tests run in a copy of the repository with one mutation: a comparison inverted, a constant changed, or a call removed (see
tool/prove/mutations.py), equally many of each kind. A mutant is killed if the run fails or times out. Exit status: 0 if at
least 90 % were killed, 1 if not, 2 if the tests fail without a mutation.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import queue
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from prove.mutations import KINDS, Mutation, find_mutations

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = Path("src/plugin")
COMMAND = "bin/test --fast -x -q"
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".fuzz", ".hypothesis", ".*_cache", "__pycache__", "build", "dist")
MIN_SHARE = 0.9
FIRST_RUN_TIMEOUT = 600.0  # seconds, with the installation of requirements


@dataclass(frozen=True)
class Mutant:
    """A mutation of a module; `path` is relative to the repository."""

    path: Path
    mutation: Mutation

    def describe(self) -> str:
        """Return the place, and the line before and after."""
        source = (ROOT / self.path).read_bytes()
        number = self.mutation.line_number(source)
        before, after = (text.decode().splitlines()[number - 1].strip() for text in (source, self.mutation.apply(source)))
        return f"{self.path}:{number}\n  - {before}\n  + {after}"


@dataclass
class Runner:
    """Runs the tests in copies of the repository, each used by one run at a time."""

    command: Sequence[str]
    copies: queue.Queue[Path] = field(default_factory=queue.Queue)
    processes: set[subprocess.Popen[bytes]] = field(default_factory=set)

    def run(self, copy: Path, seconds: float) -> bool:
        """Run the tests in a copy, and return whether they pass in time; no process of theirs is left."""
        environment = {"VENV": str(ROOT / ".venv-plugin"), **os.environ}
        process = subprocess.Popen(
            self.command,
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that all that the tests start can be ended with them
        )
        self.processes.add(process)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            end(process)
            self.processes.discard(process)

    def notices(self, mutant: Mutant, seconds: float) -> bool:
        """Return whether the tests notice a mutant."""
        copy = self.copies.get()
        module = copy / mutant.path
        source = module.read_bytes()
        try:
            module.write_bytes(mutant.mutation.apply(source))
            return not self.run(copy, seconds)
        finally:
            module.write_bytes(source)
            self.copies.put(copy)


def main() -> int:
    """Return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return mutate(_arguments())
    except KeyboardInterrupt:
        return 130


def mutate(arguments: argparse.Namespace) -> int:
    """Run the tests for each mutant, print the survivors, and return the exit status."""
    mutants = choose(all_mutants(), arguments.number, random.Random(arguments.seed))
    with runner(shlex.split(arguments.command), arguments.jobs) as tests:
        begun = time.monotonic()
        if not tests.run(tests.copies.queue[0], FIRST_RUN_TIMEOUT):
            print(f"{arguments.command} fails without a mistake, too: run it first", file=sys.stderr)
            return 2
        timeout = arguments.timeout or 3 * (time.monotonic() - begun) + 30
        survivors = survivors_of(mutants, tests, arguments.jobs, timeout)
    print("\n".join(mutant.describe() for mutant in survivors))
    noticed = len(mutants) - len(survivors)
    print(f"noticed {noticed} of {len(mutants)} (--seed {arguments.seed})")
    return int(noticed < MIN_SHARE * len(mutants))


def all_mutants() -> list[Mutant]:
    """Return every mutant of the package."""
    paths = sorted(path.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*.py"))
    return [Mutant(path, mutation) for path in paths for mutation in find_mutations((ROOT / path).read_bytes())]


def choose(mutants: Sequence[Mutant], number: int, chance: random.Random) -> list[Mutant]:
    """Return random mutants, equally many of each kind if possible."""
    shuffled = chance.sample(mutants, len(mutants))
    kinds = [[mutant for mutant in shuffled if mutant.mutation.kind == kind] for kind in KINDS]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*kinds))
    return list(itertools.islice((mutant for mutant in turns if mutant), number))


def survivors_of(mutants: Sequence[Mutant], tests: Runner, jobs: int, timeout: float) -> list[Mutant]:
    """Return the mutants that the tests do not notice, in the order of their places."""
    survivors = []
    with ThreadPoolExecutor(jobs) as pool:
        runs = {pool.submit(tests.notices, mutant, timeout): mutant for mutant in mutants}
        try:
            for done, run in enumerate(as_completed(runs), 1):
                if not run.result():
                    survivors.append(runs[run])
                if sys.stderr.isatty():
                    print(f"\r{done} of {len(mutants)}, {len(survivors)} not noticed ", end="", file=sys.stderr, flush=True)
        finally:  # when interrupted: no further run begins, and those under way end at once
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(tests.processes):
                end(process)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return sorted(survivors, key=lambda mutant: (mutant.path, mutant.mutation.start))


@contextlib.contextmanager
def runner(command: Sequence[str], jobs: int) -> Iterator[Runner]:
    """Copy the repository as often as there are jobs; the copies share its virtual environments."""
    tests = Runner(command)
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        for number in range(jobs):
            tests.copies.put(shutil.copytree(ROOT, Path(folder, str(number)), symlinks=True, ignore=NOT_COPIED))
        yield tests


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/mutate", description=__doc__, formatter_class=raw)
    parser.add_argument("number", nargs="?", type=int, default=100, metavar="N", help="of mistakes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the choice of another run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at once (default: one a core)")
    parser.add_argument("--command", default=COMMAND, help="that runs the tests (default: %(default)s)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="of a run (default: 3 times the first, and 30)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
