"""An estimate adds up, and a budget stops what exceeds it."""

import pytest

from deploykit import costs
from deploykit.errors import KitError


def test_an_instance_costs_its_hours_its_address_its_disk_and_its_image():
    estimate = costs.ec2("t3.micro", disk_gb=8, image_gb=0.4)
    assert estimate.per_hour == pytest.approx(0.0104 + 0.005 + 8 * 0.08 / 730 + 0.4 * 0.10 / 730)
    assert estimate.per_day == pytest.approx(24 * estimate.per_hour)


def test_a_compute_engine_instance_costs_its_hours_its_address_and_its_disk():
    estimate = costs.compute_engine("e2-small", disk_gb=10)
    assert estimate.per_hour == pytest.approx(0.01675 + 0.005 + 10 * 0.04 / 730)


def test_a_version_on_app_engine_costs_each_of_its_machines():
    one = costs.app_engine_flex(cpus=2, memory_gb=4, disk_gb=10)
    assert one.per_hour == pytest.approx(2 * 0.0526 + 4 * 0.0071 + 10 * 0.04 / 730)
    two = costs.app_engine_flex(cpus=2, memory_gb=4, disk_gb=10, instances=2)
    assert two.per_hour == pytest.approx(2 * one.per_hour)


def test_a_budget_refuses_what_costs_more():
    estimate = costs.ec2("t3.medium", disk_gb=8, image_gb=0.4)
    estimate.require_within(2)
    with pytest.raises(KitError, match="more than the budget of \\$1.00"):
        estimate.require_within(1)


def test_an_unknown_instance_type_is_refused():
    with pytest.raises(KitError, match="No price is known for p5.48xlarge"):
        costs.ec2("p5.48xlarge", disk_gb=8, image_gb=0.4)
    with pytest.raises(KitError, match="No price is known for a3-megagpu-8g"):
        costs.compute_engine("a3-megagpu-8g", disk_gb=10)


def test_a_function_costs_its_work_and_its_image_alone():
    idle = costs.function(0, seconds=0.1, cpus=1, memory_gib=0.5, image_gb=0.2)
    assert idle.per_month == pytest.approx(0.2 * 0.10)
    busy = costs.function(1e6, seconds=0.1, cpus=1, memory_gib=0.5, image_gb=0)
    assert busy.per_day == pytest.approx(1e5 * (0.000024 + 0.5 * 0.0000025) + 0.40)


def test_cloud_run_costs_its_busy_hours_and_its_image():
    estimate = costs.cloud_run(cpus=2, memory_gib=4, busy_hours_per_day=3, image_gb=0.5)
    assert estimate.per_day == pytest.approx(3 * 3600 * (2 * 0.000024 + 4 * 0.0000025) + 24 * 0.5 * 0.10 / 730)
    assert costs.cloud_run(cpus=2, memory_gib=4, busy_hours_per_day=0, image_gb=0).per_day == 0
