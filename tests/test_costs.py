"""An estimate adds up, and a budget stops what exceeds it."""

import pytest

from deploykit import costs
from deploykit.errors import KitError


def test_an_instance_costs_its_hours_its_address_its_disk_and_its_image():
    estimate = costs.ec2("t3.micro", disk_gb=8, image_gb=0.4)
    assert estimate.per_hour == pytest.approx(0.0104 + 0.005 + 8 * 0.08 / 730 + 0.4 * 0.10 / 730)
    assert estimate.per_day == pytest.approx(24 * estimate.per_hour)


def test_a_budget_refuses_what_costs_more():
    estimate = costs.ec2("t3.medium", disk_gb=8, image_gb=0.4)
    estimate.require_within(2)
    with pytest.raises(KitError, match="more than the budget of \\$1.00"):
        estimate.require_within(1)


def test_an_unknown_instance_type_is_refused():
    with pytest.raises(KitError, match="No price is known for p5.48xlarge"):
        costs.ec2("p5.48xlarge", disk_gb=8, image_gb=0.4)
