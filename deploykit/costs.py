"""What a deployment costs: an estimate before anything is created, and a budget that it must fit.

Prices are list prices in US dollars without tax, free tiers and discounts, for the region named; check them on the
provider's price page before a long run.
"""

from dataclasses import dataclass

from deploykit.errors import KitError

HOURS_PER_MONTH = 730

# AWS on-demand prices, us-east-1, Linux, as published in 2025 under aws.amazon.com: ec2, vpc, ebs and ecr pricing.
EC2_INSTANCE_HOUR = {"t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416}
AWS_PUBLIC_IPV4_HOUR = 0.005
EBS_GP3_GB_MONTH = 0.08
ECR_GB_MONTH = 0.10


@dataclass(frozen=True)
class Estimate:
    """The hourly cost of a deployment in US dollars, part by part; it runs while the resources exist, used or not."""

    parts: dict[str, float]

    @property
    def per_hour(self) -> float:
        """The sum of all parts."""
        return sum(self.parts.values())

    @property
    def per_day(self) -> float:
        """The cost of 24 hours."""
        return self.per_hour * 24

    @property
    def per_month(self) -> float:
        """The cost of 730 hours."""
        return self.per_hour * HOURS_PER_MONTH

    def show(self) -> None:
        """Print the estimate."""
        for part, dollars in self.parts.items():
            print(f"{part:28} ${dollars:.4f} per hour")
        print(f"{'together':28} ${self.per_hour:.4f} per hour")
        print(f"{'':28} ${self.per_day:.2f} per day, ${self.per_month:.2f} per month")

    def require_within(self, budget_usd_per_day: float) -> None:
        """Refuse to go on when a day costs more than the budget.

        Raises:
            KitError: it does.
        """
        if self.per_day > budget_usd_per_day:
            raise KitError(
                f"A day of this costs ${self.per_day:.2f}, more than the budget of ${budget_usd_per_day:.2f}.",
                "Choose a smaller machine, or raise BUDGET_USD_PER_DAY in the parameters cell.",
            )


def ec2(instance_type: str, *, disk_gb: float, image_gb: float) -> Estimate:
    """Estimate one EC2 instance with a public address, its disk, and an image in ECR (us-east-1).

    Raises:
        KitError: the price of this instance type is not known here.
    """
    if instance_type not in EC2_INSTANCE_HOUR:
        raise KitError(f"No price is known for {instance_type}.", f"Choose one of {', '.join(EC2_INSTANCE_HOUR)}.")
    return Estimate(
        {
            f"instance {instance_type}": EC2_INSTANCE_HOUR[instance_type],
            "public IPv4 address": AWS_PUBLIC_IPV4_HOUR,
            f"disk, {disk_gb:g} GB": disk_gb * EBS_GP3_GB_MONTH / HOURS_PER_MONTH,
            f"image in ECR, {image_gb:g} GB": image_gb * ECR_GB_MONTH / HOURS_PER_MONTH,
        }
    )
