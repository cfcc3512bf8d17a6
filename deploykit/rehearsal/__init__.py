"""The rehearsal cloud: AWS and Google Cloud on this computer, with real machines and containers and no account.

The vendors' own ``aws`` and ``gcloud`` commands talk to local servers; behind them stands the Docker engine.
"""

from filelock import FileLock

from deploykit import engine, ledger
from deploykit.paths import STATE
from deploykit.rehearsal import aws, google, labels

__all__ = ["aws", "google", "start_aws", "start_google", "stop"]


def start_aws() -> aws.Cloud:
    """Start AWS in rehearsal, if it does not run, and say where it answers.

    Raises:
        KitError: there is no Docker engine, the machine image could not be built, or the server did not come up.
    """
    with _lock():
        return aws.running() or aws.launch()


def start_google() -> google.Cloud:
    """Start Google Cloud in rehearsal, if it does not run, and say where it answers.

    Raises:
        KitError: there is no Docker engine, or the server did not come up.
    """
    with _lock():
        return google.running() or google.launch()


def stop() -> None:
    """End the rehearsal cloud with all that is in it; safe to repeat, also after a server was killed.

    Raises:
        KitError: there is a cloud, but no Docker engine that would remove what runs in it; all stays as it is.
    """
    with _lock():
        if aws.cloud.FILE.exists() or google.FOLDER.exists():
            engine.client()
        aws.clear()
        google.clear()
        if not engine.missing():
            labels.remove_labelled()
        for entry in ledger.entries(where="rehearsal"):
            ledger.remove(entry.name)  # it went with the cloud


def _lock() -> FileLock:
    folder = STATE / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "lock")
