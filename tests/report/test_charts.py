"""Axes hold what they show, and rows of a chart have their ends where the numbers are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julja.report.charts import Point, linear, logarithmic, plot, track

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
POSITIVE = st.floats(1e-6, 1e6, allow_nan=False)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_a_linear_axis_holds_all_values_on_few_round_ticks(values):
    axis = linear(values)
    slack = 1e-6 * max(1.0, *(abs(value) for value in values))
    assert axis.low <= min(values) + slack and max(values) - slack <= axis.high
    assert 2 <= len(axis.ticks) <= 9
    assert list(axis.ticks) == sorted(axis.ticks)
    assert axis.place(axis.low) == 5 and axis.place(axis.high) == 95


@given(st.lists(POSITIVE, min_size=1, max_size=8))
def test_a_logarithmic_axis_holds_all_values(values):
    axis = logarithmic(values)
    assert axis.low <= min(values) * (1 + 1e-6) and max(values) <= axis.high * (1 + 1e-6)
    assert axis.low < axis.high
    places = [axis.place(value) for value in sorted(values)]
    assert places == sorted(places)


@pytest.mark.parametrize("models", [2, 3, 7, 14, 64, 300])
def test_ranks_are_whole_and_begin_at_one(models):
    axis = linear([1.0, float(models)], whole=True, ticks=6)
    assert (axis.low, axis.high) == (1, models)
    assert all(tick == int(tick) >= 1 for tick in axis.ticks)
    assert axis.ticks[0] == 1 and axis.ticks[-1] == models and len(axis.ticks) <= 9


def test_a_row_has_its_interval_at_its_ends():
    axis = linear([0.0, 1.0])
    text = str(track(axis, value=0.5, ci=[0.25, None], label='<b> "quoted"'))
    assert 'class="range" x1="27.50%" x2="95.00%"' in text
    assert 'cx="50.00%"' in text
    assert "<b>" not in text and "&lt;b&gt;" in text and "&#34;quoted&#34;" in text


def test_no_picture_needs_a_style_that_the_policy_forbids():
    points = [Point(n, 10.0**n, 0.1 * n, n != 1, f"<{n}>") for n in range(3)]
    line = [point for point in points if point.on]
    for stairs in (True, False):
        text = str(
            plot(
                points,
                logarithmic([1, 100]),
                linear([0.0, 0.2]),
                label="x",
                line=line,
                stairs=stairs,
            )
        )
        assert "style=" not in text and "&lt;0&gt;" in text
        assert len(re.findall('class="edge"', text)) == (2 if stairs else 24)
