"""Stories that are kept: where the sentence cannot hold, and how it breaks; and where it must hold."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from simulation.model import Model
from simulation.served import Real
from simulation.story import Story
from simulation.verdict import judge
from simulation.world import World

STORIES = sorted(Path(__file__).parent.glob("story/*.json"))
each_story = pytest.mark.parametrize("file", STORIES, ids=[file.stem for file in STORIES])


def outcome(file, make_target):
    """Return what a story is kept for, and the same of a run."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    story = Story.from_json(json.dumps(kept["story"]))
    run = World(story, make_target(story)).run()
    verdict, open_alerts = judge(run), defaultdict(list)
    for alert in run.alerts:
        if alert.is_open:
            open_alerts[alert.key].append(alert.severity)
    expected = (kept["breaks"], kept["open"], kept.get("untold", []))
    return expected, ({wrong.key: wrong.cause for wrong in verdict.wrong}, dict(open_alerts), verdict.untold)


@each_story
def test_a_kept_story_ends_as_it_says(file):
    expected, found = outcome(file, Model)
    assert found == expected


@each_story
def test_a_kept_story_ends_as_it_says_in_the_real_spaceone(file, parts):
    expected, found = outcome(file, lambda story: Real(story, parts))
    assert found == expected


def test_a_story_is_read_as_it_was_written():
    for file in STORIES:
        story = Story.from_json(file.read_text(encoding="utf-8"))
        assert Story.from_json(story.to_json()) == story
