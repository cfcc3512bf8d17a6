"""Stand-in for google_metadata_script_runner: runs the startup script of the metadata, as root, at every boot.

Run inside the machine. What the script prints goes to the journal and to the console.
"""

import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

KEY = "startup-script"
URLS = [
    f"http://metadata.google.internal/computeMetadata/v1/{whose}/attributes/{KEY}" for whose in ("instance", "project")
]


def main() -> None:
    """Run the script, if there is one."""
    say("Starting startup scripts (rehearsal).")
    script = fetch()
    if script:
        say(f"Found {KEY} in metadata.")
        say(f"{KEY} exit status {execute(script)}")
    else:
        say("No startup scripts to run.")
    say("Finished running startup scripts.")


def fetch() -> bytes:
    """Return the machine's script, else the project's, else nothing."""
    for url in URLS:
        request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
    return b""


def execute(script: bytes) -> int:
    """Run a script, pass on what it prints line by line, and return its exit status."""
    with tempfile.TemporaryDirectory(prefix="metadata-scripts") as folder:
        file = Path(folder) / KEY
        file.write_bytes(script)
        file.chmod(0o700)
        command = [str(file)] if script.startswith(b"#!") else ["/bin/bash", "-c", str(file)]
        home = {"HOME": "/root"}
        process = subprocess.Popen(
            command, env=os.environ | home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace",
        )  # fmt: skip
        for line in process.stdout:
            say(f"{KEY}: {line.rstrip()}")
        return process.wait()


def say(text: str) -> None:
    """Write a line at once: somebody may be watching the console."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
