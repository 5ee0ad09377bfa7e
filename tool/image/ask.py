"""Call the plugin on this machine: its health, and the event of an alarm."""

from __future__ import annotations

from pathlib import Path

from client import Client, read_message

TARGET = "127.0.0.1:50051"
ALARM = Path(__file__).resolve().parents[2] / "test/fixture/alarm/autonomous_database.json"


def main() -> int:
    """Return the exit status: 1 if the plugin does not serve."""
    with Client(TARGET) as client:
        if not client.wait():
            print("health: it does not serve")
            return 1
        print("health: SERVING")
        (event,) = client.parse(read_message(str(ALARM)))
        print(f"{ALARM.name}: {event['event_type']}, {event['severity']}, {event['title']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
