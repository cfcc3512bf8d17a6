"""AWS in rehearsal: moto's server, with real machines and a real image registry behind it."""

from deploykit.rehearsal.aws.cloud import Cloud, clear, launch, running

__all__ = ["Cloud", "clear", "launch", "running"]
