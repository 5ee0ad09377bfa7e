"""What is over closes what it opened, and nothing else closes."""

import pytest

from plugin.ons.kind.catalogue import all_types
from plugin.ons.kind.event_severity import severity_of
from plugin.ons.kind.pairs import Facts, transition_of

DATABASE = "databaseservice.autonomous.database.critical"
NODE = "databaseservice.dbnode.critical"
EXADATA = "databaseservice.exadatainfrastructureconnectstatus"
TARGET = "datasafe.statechangetargetdatabase"
STATION = "osmh.createevent.managementstation.setmanagementstationhealthstate"


@pytest.mark.parametrize(
    ("begins", "is_over"),
    [
        (Facts(DATABASE, "DatabaseDownBegin", ""), Facts(DATABASE, "DatabaseDownEnd", "AVAILABLE")),
        (Facts(DATABASE, "DATABASEDOWNBEGIN", ""), Facts(DATABASE, "DatabaseDownEnd", "")),
        (Facts(DATABASE, "DatabaseInaccessibleBegin", ""), Facts(DATABASE, "DatabaseInaccessibleEnd", "")),
        (Facts(DATABASE, "AutomaticFailoverBegin", ""), Facts(DATABASE, "AutomaticFailoverEnd", "")),
        (
            Facts(DATABASE, "AutonomousDatabase-AutomaticFailoverBegin", ""),
            Facts(DATABASE, "AutomaticFailoverEnd", ""),
        ),
        (Facts(DATABASE, "UnplannedDowntimeBegin", ""), Facts(DATABASE, "UnplannedDowntimeEnd", "")),
        (
            Facts(NODE, "AVAILABILITY.DB_GUEST.CRS_INSTANCE.DOWN", ""),
            Facts("databaseservice.dbnode.information", "AVAILABILITY.DB_GUEST.CRS_INSTANCE.DOWN_CLEARED", ""),
        ),
        (Facts(EXADATA, "", "DISCONNECTED"), Facts(EXADATA, "", "Connected")),
        (Facts(TARGET, "", "NEEDS_ATTENTION"), Facts(TARGET, "", "ACTIVE")),
        (Facts("goldengate.statefailed", "", ""), Facts("goldengate.stateactive", "", "ACTIVE")),
        (Facts("goldengate.pipeline.stateneedsattention", "", ""), Facts("goldengate.pipeline.staterunning", "", "")),
        (Facts(f"{STATION}.unavailable", "", ""), Facts(f"{STATION}.healthy", "", "")),
        (
            Facts("mysqlaas.automaticrecovery.begin", "", "UPDATING"),
            Facts("mysqlaas.automaticrecovery.end", "", "ACTIVE"),
        ),
    ],
)
def test_both_sides_of_a_trouble_are_one_pair(begins, is_over):
    first, second = transition_of(begins), transition_of(is_over)
    assert first.pair == second.pair
    assert (first.is_over, second.is_over) == (False, True)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(DATABASE, "DatabaseDown", ""),
        Facts(DATABASE, "DatabaseBackupEnd", ""),
        Facts(DATABASE, "InstanceRelocateEnd", ""),
        Facts(DATABASE, "ScaleDownEnd", ""),
        Facts(DATABASE, "ShutdownEnd", ""),
        Facts(DATABASE, "DownloadEnd", ""),
        Facts(DATABASE, "ManualFailoverEnd", ""),
        Facts(DATABASE, "PlannedFailoverEnd", ""),
        Facts(DATABASE, "MaintenanceDowntimeEnd", ""),
        Facts("databaseservice.autonomous.database.information", "DatabaseDownEnd", ""),
        Facts(EXADATA, "", "SOMETHING_NEW"),
        Facts(EXADATA, "", ""),
        Facts(TARGET, "", "UPDATING"),
        Facts("goldengate.stateupdating", "", ""),
        Facts("databaseservice.automaticbackupdatabase.end", "", "AVAILABLE"),
        Facts("goldengate.deploymentrecovery.end", "", "ACTIVE"),
        Facts("mysqlaas.automaticrecovery.end", "", "FAILED"),
        Facts("goldengate.stateactive", "", "NEEDS_ATTENTION"),
        Facts("goldengate.stateactive", "", "AVAILABLE_NEEDS_ATTENTION"),
        Facts("mysqlaas.automaticrecovery.end", "", "RESTORE_FAILED"),
    ],
)
def test_what_is_of_no_pair_or_of_an_unknown_state_closes_nothing(facts):
    assert transition_of(facts) is None


def test_of_oracles_types_these_alone_close_without_a_further_clue():
    closing = [each for each in all_types() if (transition := transition_of(Facts(each, "", ""))) and transition.is_over]
    assert sorted(closing) == [
        "goldengate.pipeline.staterunning",
        "goldengate.stateactive",
        "mysqlaas.automaticrecovery.end",
        f"{STATION}.healthy",
    ]


def test_no_type_that_names_a_trouble_is_information():
    words = ("failed", "failure", "crash", "oops", "exploit", "unhealthy", "unavailable", "exceeded", "needsattention", "drift")
    troubles = [each for each in all_types() if each.endswith(words)]
    assert len(troubles) > 20
    known = {each: severity_of(levels=(), event_type=each, states=(), names=(all_types()[each],)).value for each in troubles}
    assert [each for each, severity in known.items() if severity == "INFO"] == []


@pytest.mark.parametrize(
    "action", ["logginganalytics.suppresswarning", "logginganalytics.unsuppresswarning", "budgets.resettriggeredalert"]
)
def test_what_somebody_did_with_a_warning_is_none(action):
    assert severity_of(levels=(), event_type=action, states=(), names=()).value == "INFO"


def test_a_word_that_is_not_known_leaves_the_next_clue_to_tell():
    assert severity_of(levels=("Loud", "sev2"), event_type="x.critical", states=(), names=()).value == "ERROR"
    assert severity_of(levels=("Loud",), event_type="x.critical", states=(), names=()).value == "CRITICAL"
    assert severity_of(levels=("Loud",), event_type="x", states=("needs_attention",), names=()).value == "WARNING"


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        ("FAILED", "ERROR"),
        ("restore_failed", "ERROR"),
        ("LOST", "ERROR"),
        ("AVAILABLE_NEEDS_ATTENTION", "WARNING"),
        ("UNAVAILABLE", "WARNING"),
        ("INACCESSIBLE", "WARNING"),
        ("FAILOVER_IN_PROGRESS", "INFO"),
        ("MAINTENANCE_IN_PROGRESS", "INFO"),
        ("ACTIVE", "INFO"),
    ],
)
def test_a_state_tells_by_its_words(state, severity):
    assert severity_of(levels=(), event_type="x", states=(state,), names=()).value == severity


def test_the_end_of_what_is_no_trouble_is_no_level():
    clues = {"levels": (), "event_type": DATABASE, "states": (), "names": ("InstanceRelocateEnd",)}
    assert severity_of(**clues).value == "CRITICAL"
    assert severity_of(**clues, is_routine_end=True).value == "INFO"
