"""A catalogue says by itself when it is old."""

from datetime import date

from probe.catalogue import load
from probe.catalogue.age import warnings
from probe.frozen import replace
from probe.model import Lifecycle, Stage

CATALOGUE = load()
TODAY = date(2026, 11, 26)


def said(catalogue=CATALOGUE, today=TODAY):
    return list(warnings(catalogue, today))


def test_the_shipped_catalogue_is_fresh_on_its_date_and_old_after_a_quarter():
    assert not [line for line in said() if "days ago" in line]
    assert [line for line in said(today=date(2027, 3, 1)) if "were last read more than 90 days ago" in line]


def test_an_end_that_came_or_is_near_with_another_stage_is_said():
    def with_life(*life):
        return replace(CATALOGUE, artefacts=(replace(CATALOGUE.artefacts[0], lifecycle=Lifecycle(*life), lifecycles=()),))

    ends = "sora1-video ends on"
    assert [line for line in said(with_life(Stage.GA, date(2026, 12, 20))) if ends in line]
    assert [line for line in said(with_life(Stage.DEPRECATED, date(2026, 11, 26))) if ends in line]
    assert not [line for line in said(with_life(Stage.DEPRECATED, date(2026, 12, 20))) if ends in line]
    assert not [line for line in said(with_life(Stage.RETIRED, date(2026, 11, 1))) if ends in line]
    assert "eval-output (openai) ends on 2026-11-30, and its stage is deprecated" in said(today=date(2026, 12, 1))


def test_a_body_that_names_a_model_says_when_the_model_ends():
    assert "openai.image.create names the model gpt-image-2 and no day of its end (model_until)" in said()
    assert not [line for line in said() if line.startswith("openai.speech.create")]
    assert [line for line in said(today=date(2027, 1, 6)) if line.startswith("openai.speech.create")]
