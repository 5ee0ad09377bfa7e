"""Events as protobuf."""

from spaceone.api.monitoring.plugin import event_pb2

from plugin.interface.grpc.servicer import add
from plugin.model.event import Event, EventType, Resource, Severity


def test_a_reply_has_resource_and_info_as_structs():
    event = Event(
        event_key="k",
        event_type=EventType.ALERT,
        title="a",
        description="d",
        severity=Severity.INFO,
        provider="oci",
        resource=Resource("r", "n"),
        resources=("b",),
        additional_info={"alarm_id": "x"},
    )
    reply = event_pb2.EventsInfo()
    for _ in range(2):
        add(reply, event)
    assert len(reply.results) == 2
    assert dict(reply.results[1].resource.items()) == {
        "resource_id": "r",
        "name": "n",
        "resource_type": "inventory.CloudService",
    }
    assert dict(reply.results[1].additional_info.items()) == {"alarm_id": "x"}
    assert (reply.results[1].title, list(reply.results[1].resources)) == ("a", ["b"])
