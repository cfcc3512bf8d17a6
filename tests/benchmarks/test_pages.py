"""A page is opened, clicked and timed in a real browser; the constant page needs no model."""

import pytest

from benchmarks import contenders, pages
from benchmarks.calls import PAGE


@pytest.mark.needs("browser")
def test_a_visitor_waits_for_the_start_and_for_the_click():
    life = pages.live(contenders.constant(PAGE, b""), visits=2)
    assert len(life.clicks) == 2 and min(life.clicks) > 1
    assert life.cold_start > 0.1 and life.memory > 20
