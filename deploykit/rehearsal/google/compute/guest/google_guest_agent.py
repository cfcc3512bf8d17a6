"""Stand-in for Google's guest agent: the machine's accounts and their ssh keys follow the metadata.

Run inside the machine at every boot and after every change of the metadata.
"""

import datetime
import json
import pwd
import subprocess
import urllib.request
from pathlib import Path

URL = "http://metadata.google.internal/computeMetadata/v1"
GROUP = "google-sudoers"
KNOWN = Path("/var/lib/google/google_users")
OWN_HOST_KEYS = Path("/var/lib/google/host_keys_made")
COMMENT = "# Added by Google\n"


def main() -> None:
    """Bring the accounts up to date."""
    KNOWN.parent.mkdir(parents=True, exist_ok=True)
    make_host_keys()
    wanted = keys_by_user()
    known = KNOWN.read_text().split() if KNOWN.exists() else []
    for user in {*wanted, *known}:
        authorize(user, wanted.get(user, []))
    KNOWN.write_text("".join(f"{user}\n" for user in sorted({*wanted, *known})))


def make_host_keys() -> None:
    """Give the machine host keys of its own at its first boot; those of the image are everybody's."""
    if not OWN_HOST_KEYS.exists():
        for key in Path("/etc/ssh").glob("ssh_host_*"):
            key.unlink()
        subprocess.run(["ssh-keygen", "-A"], check=True, stdout=subprocess.DEVNULL)
        OWN_HOST_KEYS.touch()


def keys_by_user() -> dict[str, list[str]]:
    """Return the valid public keys of each user: the machine's own, and the project's unless these are blocked."""
    own = attributes("instance")
    lines = own.get("ssh-keys", "").splitlines()
    if own.get("block-project-ssh-keys", "").lower() != "true":
        lines += attributes("project").get("ssh-keys", "").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        user, _, key = line.strip().partition(":")
        if key and not is_expired(key):
            found.setdefault(user, []).append(key)
    return found


def is_expired(key: str) -> bool:
    """Tell whether a key's time is over; ``google-ssh {"expireOn": …}`` after the key says when."""
    _, marked, described = key.partition("google-ssh ")
    if not marked:
        return False
    expires = datetime.datetime.fromisoformat(json.loads(described)["expireOn"])
    return expires < datetime.datetime.now(datetime.UTC)


def authorize(user: str, keys: list[str]) -> None:
    """Let the holders of these keys log in as a user, who is created when new and may use sudo."""
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        subprocess.run(["groupadd", "--force", GROUP], check=True)
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", "--groups", GROUP, user], check=True)
        account = pwd.getpwnam(user)
        print(f"Created user {user}", flush=True)
    folder = Path(account.pw_dir) / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "authorized_keys"
    file.write_text("".join(f"{COMMENT}{key}\n" for key in keys))
    file.chmod(0o600)
    subprocess.run(["chown", "--recursive", f"{user}:", str(folder)], check=True)


def attributes(whose: str) -> dict[str, str]:
    """Return the attributes of the instance or of the project."""
    request = urllib.request.Request(f"{URL}/{whose}/attributes/?recursive=true", headers={"Metadata-Flavor": "Google"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
