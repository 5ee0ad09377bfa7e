"""What every command works with: arguments, a connection to each region, what to look at, and whom to ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from oci_connect import check, definitions, read, webhook_url
from oci_connect.arguments import Arguments
from oci_connect.connection import Connection
from oci_connect.definitions import Definition
from oci_connect.error import UNKNOWN_USER, CommandError, Refusal, UsageError
from oci_connect.identity import identify
from oci_connect.output import Output, printable
from oci_connect.pace import Pace
from oci_connect.resource import Holdings, OwnTags, Resource
from oci_connect.tags import Owner

Work = Callable[[], None]

NO_TOPIC = (
    "There is no topic {name} in {region}: run apply first (with --no-alarms if only alarms that are there are to notify)."
)


@dataclass
class Context:
    """What every command works with."""

    arguments: Arguments
    output: Output
    connections: Sequence[Connection]
    compartments: Mapping[str, str] = field(default_factory=dict)  # OCID -> name
    definitions: Sequence[Definition] = ()
    url: str = ""
    own_tags: OwnTags = field(default_factory=lambda: ({}, {}))

    @property
    def home(self) -> str:
        """The compartment in which topic and subscription live, or nothing where only a topic is given."""
        return self.arguments.compartment[0] if self.arguments.compartment else ""

    @property
    def alarm_compartments(self) -> list[str]:
        """The compartments of the command line, and those that the alarm file names."""
        return list(dict.fromkeys([*self.compartments, *definitions.elsewhere(self.definitions)]))

    @property
    def rules_compartment(self) -> str:
        """The compartment in which the rules of the Events service live."""
        return self.arguments.events_compartment or self.home

    def owner(self, connection: Connection) -> Owner:
        """Return the set of a region: it is known by its topic's name and place, or by the topic that is given."""
        if self.arguments.topic:
            return Owner(self.arguments.topic)
        return Owner(self.arguments.name, connection.region, self.home)

    def topic(self, connection: Connection) -> Resource | None:
        """Return the topic of a region, or None."""
        topic = read.topic(connection, self.home, self.owner(connection), self.arguments.topic)
        if topic:
            self.output.names[topic.id] = "this topic"
        return topic

    def held(self, connection: Connection, *, needed: bool = True) -> Holdings:
        """Return the topic, which has to be there if it is needed, and the subscriptions."""
        topic, owner = self.topic(connection), self.owner(connection)
        if needed and not topic:
            raise CommandError(NO_TOPIC.format(name=self.arguments.name, region=connection.region))
        return Holdings(connection.region, topic, owner, read.subscriptions(connection, self.home, owner, topic))

    def by_region(self) -> Iterator[Connection]:
        """Yield a connection to each region, and say where the command is."""
        for connection in self.connections:
            if len(self.connections) > 1:
                self.output.say(f"Region {connection.region}")
            yield connection

    def plan_and_do(self, plan: Callable[[Context, Connection], Work | None], question: str) -> None:
        """Show the plan of each region, ask once, and carry all out. A plan returns None if there is nothing to do.

        A region that OCI refuses costs itself alone; the refusal is told at the end.
        """
        works: list[tuple[Connection, Work]] = []
        for connection in self.by_region():
            with self.alone():
                if work := plan(self, connection):
                    works.append((connection, work))
        if works and not self.arguments.shows_only:
            self.confirm(question)
            self.output.carry_out()
            for _, work in works:
                with self.alone():
                    work()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the refusal of one region for the end, if there are several."""
        try:
            yield
        except Refusal as e:
            if len(self.connections) == 1 or e.status == UNKNOWN_USER:
                raise
            self.output.refused(e)

    def confirm(self, question: str) -> None:
        """Ask before something is done that cannot be undone lightly; raise UsageError unless the answer is yes."""
        if self.arguments.yes:
            return
        print(f"{printable(question)} (yes/no) ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline() if sys.stdin and not sys.stdin.closed else ""
        if not answer:
            print(file=sys.stderr)
            raise UsageError("There is nobody to ask: nothing was changed. Use --yes if it is to be done without asking.")
        if answer.strip().lower() != "yes":
            raise UsageError("Nothing was changed.")


def needs_url(arguments: Arguments) -> bool:
    """Say whether a command makes subscriptions."""
    return arguments.changes == "apply" or (arguments.changes == "attach" and arguments.their_topics)


def open_context(arguments: Arguments, output: Output) -> Context:
    """Read what is given, find out who asks, and list the compartments."""
    alarms = find_definitions(arguments)
    url = output.secret = find_url(arguments, output)
    output.shows_unchanged = arguments.all or arguments.command != "plan"
    identity = identify(arguments)
    pace = Pace(arguments.rate)
    regions = dict.fromkeys(arguments.region or [identity.region])
    connections = [Connection(identity, each, arguments.endpoint, output, pace, arguments.wait) for each in regions]
    compartments = read.compartments(connections[0], arguments.compartment, output, subtree=arguments.subtree)
    if len(connections) > 1 or len(compartments) > 1:
        output.places = compartments
    own_tags = check.tags(arguments.freeform_tag, arguments.defined_tag)
    return Context(arguments, output, connections, compartments, alarms, url, own_tags)


def find_url(arguments: Arguments, output: Output) -> str:
    """Return the webhook URL if it is needed; what only shows takes one that is given, and does without."""
    if arguments.webhook_url is not None:
        output.warn(webhook_url.SEEN_BY_PS)
    if not needs_url(arguments):
        return ""
    return webhook_url.find(arguments.webhook_url, arguments.webhook_url_file, is_needed=not arguments.shows_only)


def find_definitions(arguments: Arguments) -> list[Definition]:
    """Return the alarms of the file if they are needed."""
    if arguments.changes not in ("apply", "status", "remove") or arguments.no_alarms:
        return []
    return definitions.read(arguments.alarms)
