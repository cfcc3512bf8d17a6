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

# Google Cloud on-demand prices, us-central1, as published in 2025 under cloud.google.com: compute's all-pricing,
# disks-image-pricing, and vpc's network-pricing.
COMPUTE_ENGINE_HOUR = {"e2-micro": 0.00838, "e2-small": 0.01675, "e2-medium": 0.03351}
GOOGLE_PUBLIC_IPV4_HOUR = 0.005
PD_STANDARD_GB_MONTH = 0.04
# Google Cloud: Cloud Run and its functions, billed by request, regions of tier 1 such as europe-west1, as published in
# 2025 under cloud.google.com: run and artifact-registry pricing.
CLOUD_RUN_CPU_SECOND = 0.000024
CLOUD_RUN_GIB_SECOND = 0.0000025
CLOUD_RUN_MILLION_REQUESTS = 0.40
ARTIFACT_REGISTRY_GB_MONTH = 0.10

# App Engine's flexible environment, us-central1, as published in 2025 under cloud.google.com/appengine/pricing.
APP_ENGINE_VCPU_HOUR = 0.0526
APP_ENGINE_MEMORY_GB_HOUR = 0.0071
APP_ENGINE_DISK_GB_MONTH = 0.04


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


def compute_engine(machine_type: str, *, disk_gb: float) -> Estimate:
    """Estimate one Compute Engine instance with a public address and a standard disk (us-central1).

    Raises:
        KitError: the price of this machine type is not known here.
    """
    if machine_type not in COMPUTE_ENGINE_HOUR:
        raise KitError(f"No price is known for {machine_type}.", f"Choose one of {', '.join(COMPUTE_ENGINE_HOUR)}.")
    return Estimate(
        {
            f"instance {machine_type}": COMPUTE_ENGINE_HOUR[machine_type],
            "public IPv4 address": GOOGLE_PUBLIC_IPV4_HOUR,
            f"disk, {disk_gb:g} GB": disk_gb * PD_STANDARD_GB_MONTH / HOURS_PER_MONTH,
        }
    )


def function(requests_per_day: float, *, seconds: float, cpus: float, memory_gib: float, image_gb: float) -> Estimate:
    """Estimate a function that answers so many requests, each of which keeps an instance busy for some seconds."""
    busy = requests_per_day * seconds / 24
    return Estimate(
        {
            "processor while it answers": busy * cpus * CLOUD_RUN_CPU_SECOND,
            "memory while it answers": busy * memory_gib * CLOUD_RUN_GIB_SECOND,
            "requests": requests_per_day / 24 * CLOUD_RUN_MILLION_REQUESTS / 1e6,
            f"image, {image_gb:g} GB": image_gb * ARTIFACT_REGISTRY_GB_MONTH / HOURS_PER_MONTH,
        }
    )


def cloud_run(*, cpus: float, memory_gib: float, busy_hours_per_day: float, image_gb: float) -> Estimate:
    """Estimate a Cloud Run service that is paid while it answers requests, and its image (europe-west1).

    Args:
        busy_hours_per_day: of all instances together.
    """
    seconds = 3600 * busy_hours_per_day / 24
    return Estimate(
        {
            f"{cpus:g} CPU, {busy_hours_per_day:g} h a day": cpus * CLOUD_RUN_CPU_SECOND * seconds,
            f"{memory_gib:g} GiB, {busy_hours_per_day:g} h a day": memory_gib * CLOUD_RUN_GIB_SECOND * seconds,
            f"image, {image_gb:g} GB": image_gb * ARTIFACT_REGISTRY_GB_MONTH / HOURS_PER_MONTH,
        }
    )


def app_engine_flex(*, cpus: float, memory_gb: float, disk_gb: float, instances: int = 1) -> Estimate:
    """Estimate the machines of one App Engine version in the flexible environment (us-central1), busy or idle."""
    return Estimate(
        {
            f"{instances} x {cpus:g} vCPU": instances * cpus * APP_ENGINE_VCPU_HOUR,
            f"{instances} x {memory_gb:g} GB of memory": instances * memory_gb * APP_ENGINE_MEMORY_GB_HOUR,
            f"{instances} x {disk_gb:g} GB of disk": instances * disk_gb * APP_ENGINE_DISK_GB_MONTH / HOURS_PER_MONTH,
        }
    )
