"""What every command works with: arguments, a connection to each region, what to look at, and whom to ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oci_connect import definitions, read, webhook_url
from oci_connect.arguments import Arguments
from oci_connect.connection import Connection
from oci_connect.definitions import Definition
from oci_connect.error import CommandError, UsageError
from oci_connect.output import Output
from oci_connect.resource import Holdings, Resource

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

    @property
    def home(self) -> str:
        """The compartment in which topic and subscription live."""
        return self.arguments.compartment[0]

    @property
    def alarm_compartments(self) -> list[str]:
        """The compartments of the command line, and those that the alarm file names."""
        return list(dict.fromkeys([*self.compartments, *definitions.elsewhere(self.definitions)]))

    @property
    def rules_compartment(self) -> str:
        """The compartment in which the rules of the Events service live."""
        return self.arguments.events_compartment or self.home

    def topic(self, connection: Connection) -> Resource | None:
        """Return the topic of a region, or None."""
        compartment = self.arguments.compartment[0] if self.arguments.compartment else ""
        topic = read.topic(connection, compartment, self.arguments.name, self.arguments.topic)
        if topic:
            self.output.names[topic.id] = "this topic"
        return topic

    def held(self, connection: Connection) -> Holdings:
        """Return a topic that has to be there, and its subscriptions."""
        topic = self.topic(connection)
        if not topic:
            raise CommandError(NO_TOPIC.format(name=self.arguments.name, region=connection.region))
        return Holdings(connection.region, topic, read.subscriptions(connection, self.home, topic))

    def by_region(self) -> Iterator[Connection]:
        """Yield a connection to each region, and say where the command is."""
        for connection in self.connections:
            if len(self.connections) > 1:
                self.output.say(f"Region {connection.region}")
            yield connection

    def plan_and_do(self, plan: Callable[[Context, Connection], Work | None], question: str) -> None:
        """Show the plan of each region, ask once, and carry all out. A plan returns None if there is nothing to do."""
        works = [work for connection in self.by_region() if (work := plan(self, connection))]
        if works and not self.arguments.shows_only:
            self.confirm(question)
            self.output.carry_out()
            for work in works:
                work()

    def confirm(self, question: str) -> None:
        """Ask before something is done that cannot be undone lightly; raise UsageError unless the answer is yes."""
        if self.arguments.yes:
            return
        print(f"{question} (yes/no) ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline() if sys.stdin and not sys.stdin.closed else ""
        if not answer:
            print(file=sys.stderr)
            raise UsageError("There is nobody to ask: nothing was changed. Use --yes if it is to be done without asking.")
        if answer.strip().lower() != "yes":
            raise UsageError("Nothing was changed.")


def needs_url(arguments: Arguments) -> bool:
    """Say whether a command line needs the webhook URL."""
    return arguments.changes == "apply" or (arguments.changes == "attach" and arguments.their_topics)


def find_url(arguments: Arguments, output: Output) -> str:
    """Return the webhook URL if it is needed."""
    if arguments.webhook_url is not None:
        output.warn(webhook_url.SEEN_BY_PS)
    return webhook_url.find(arguments.webhook_url, arguments.webhook_url_file) if needs_url(arguments) else ""


def find_definitions(arguments: Arguments) -> list[Definition]:
    """Return the alarms of the file if they are needed."""
    if arguments.changes not in ("apply", "status", "remove") or arguments.no_alarms:
        return []
    return definitions.read(arguments.alarms)
