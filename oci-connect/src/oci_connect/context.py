"""The context of a command: arguments, connections, compartments, output and confirmation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from oci_connect import check, definitions, read, webhook_url
from oci_connect.arguments import Arguments
from oci_connect.connection import Connection
from oci_connect.definitions import Definition
from oci_connect.error import UNKNOWN_USER, CommandError, ForeignTopic, Refusal, UsageError
from oci_connect.identity import identify
from oci_connect.output import Output
from oci_connect.plan.attach import concerns
from oci_connect.rate_limiter import RateLimiter
from oci_connect.resource import Holdings, OwnTags, Resource
from oci_connect.tags import Owner

Work = Callable[[], None]

NO_TOPIC = "There is no topic {name} in {region}: run apply first (with --no-alarms to use existing alarms only)."


@dataclass
class Context:
    """The context of a command."""

    arguments: Arguments
    output: Output
    connections: Sequence[Connection]
    compartments: Mapping[str, str] = field(default_factory=dict)  # OCID -> name
    definitions: Sequence[Definition] = ()
    url: str = ""
    own_tags: OwnTags = field(default_factory=lambda: ({}, {}))

    @property
    def home(self) -> str:
        """The compartment of topic and subscription, or "" with only --topic."""
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
        """Return the set of a region, identified by the name and place of its topic, or by --topic."""
        if self.arguments.topic:
            return Owner(self.arguments.topic)
        return Owner(self.arguments.name, connection.region, self.home)

    def topic(self, connection: Connection) -> Resource | None:
        """Return the topic of a region, or None."""
        topic = read.topic(connection, self.home, self.owner(connection), self.arguments.topic)
        if topic:
            self.output.names[topic.id] = "this topic"
        return topic

    def held(self, connection: Connection, *, needed: bool = True, orphans: bool = False) -> Holdings:
        """Return the topic and its subscriptions; raise CommandError if the topic is needed and missing.

        With `orphans` a foreign topic of the name is no error here, and `tell_foreign` must be called.
        """
        owner, topic, foreign = self.owner(connection), None, None
        try:
            topic = self.topic(connection)
        except ForeignTopic as e:
            if not orphans:
                raise
            foreign = e
        subscriptions = read.subscriptions(connection, self.home, owner, topic)
        topic = topic or read.moved_topic(connection, owner, subscriptions)
        if needed and not topic:
            raise CommandError(NO_TOPIC.format(name=self.arguments.name, region=connection.region))
        return Holdings(connection.region, topic, owner, subscriptions, foreign=foreign)

    def tell_foreign(self, held: Holdings) -> None:
        """Warn of a foreign topic of the name if resources of the set are left; else raise ForeignTopic."""
        is_left = any(concerns(alarm, held.owner, None) for alarm in held.alarms) or any(map(held.owner.owns, held.rules or ()))
        if held.foreign and not held.topic:
            if not (is_left or held.subscriptions):
                raise held.foreign
            self.output.warn(str(held.foreign))

    def by_region(self) -> Iterator[Connection]:
        """Yield and print each region's connection."""
        for connection in self.connections:
            if len(self.connections) > 1:
                self.output.say(f"Region {connection.region}")
            yield connection

    def plan_and_do(self, plan: Callable[[Context, Connection], Work | None], question: str) -> None:
        """Show the plan of each region, ask once, and carry out all. A plan returns None if there is nothing to do.

        The failure of a region does not stop the others, and is reported at the end.
        """
        works: list[tuple[Connection, Work]] = []
        for connection in self.by_region():
            with self.isolate(connection):
                if work := plan(self, connection):
                    works.append((connection, work))
        if works and not self.arguments.shows_only:
            self.confirm(question)
            self.output.carry_out()
            for connection, work in works:
                with self.isolate(connection):
                    work()

    @contextmanager
    def isolate(self, connection: Connection) -> Iterator[None]:
        """Report the failure of one of several regions at the end."""
        try:
            yield
        except CommandError as e:
            ends_all = isinstance(e, UsageError) or (isinstance(e, Refusal) and e.status == UNKNOWN_USER)
            if len(self.connections) == 1 or ends_all:
                raise
            self.output.failed(connection.region, e)

    def confirm(self, question: str) -> None:
        """Ask for confirmation; raise UsageError unless the answer is yes."""
        if self.arguments.yes:
            return
        self.output.ask(f"{question} (yes/no) ")
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
    """Read files and credentials, and list the compartments."""
    alarms = find_definitions(arguments)
    url = output.secret = find_url(arguments, output)
    output.shows_unchanged = arguments.all or arguments.command != "plan"
    identity = identify(arguments)
    rate_limiter = RateLimiter(arguments.rate)
    regions = dict.fromkeys(arguments.region or [identity.region])
    connections = [Connection(identity, each, arguments.endpoint, output, rate_limiter, arguments.wait) for each in regions]
    compartments = read.compartments(connections[0], arguments.compartment, output, subtree=arguments.subtree)
    if len(connections) > 1 or len(compartments) > 1:
        output.places = compartments
    own_tags = check.tags(arguments.freeform_tag, arguments.defined_tag)
    return Context(arguments, output, connections, compartments, alarms, url, own_tags)


def find_url(arguments: Arguments, output: Output) -> str:
    """Return the webhook URL if it is needed; optional for commands that only show."""
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
