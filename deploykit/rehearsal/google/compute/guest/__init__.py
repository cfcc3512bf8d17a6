"""What lies on the disk of a machine of Compute Engine's: stand-ins for Google's guest environment.

The programs run inside the machine, with Debian's Python alone; nothing here imports them.
"""

import json
import secrets
from pathlib import Path

from deploykit.rehearsal.disk_files import UNITS

METADATA = "/etc/machine/metadata.json"
PROGRAMS = "/usr/local/sbin"
METADATA_ADDRESS = "169.254.169.254"
METADATA_HOST = "metadata.google.internal"
OWN_ADDRESS = "ADDRESS-OF-THIS-MACHINE"
"""What the metadata server replaces: the address is known only when the machine runs."""

FOLDER = Path(__file__).parent
AGENT = "google-guest-agent.service"

METADATA_UNIT = f"""[Unit]
Description=The metadata server, in a network of its own: in the cloud it is outside the machine
[Service]
ExecStartPre=-/sbin/ip netns delete metadata
ExecStartPre=/sbin/ip netns add metadata
ExecStartPre=/sbin/ip link add metadata type veth peer name eth0 netns metadata
ExecStartPre=/sbin/ip address add 169.254.169.253/30 dev metadata
ExecStartPre=/sbin/ip link set metadata up
ExecStartPre=/sbin/ip -n metadata address add {METADATA_ADDRESS}/30 dev eth0
ExecStartPre=/sbin/ip -n metadata link set eth0 up
ExecStart=/usr/bin/nsenter --net=/run/netns/metadata /usr/bin/python3 {PROGRAMS}/metadata_server.py {METADATA}
Type=notify
NotifyAccess=all
[Install]
WantedBy=multi-user.target
"""
AGENT_UNIT = f"""[Unit]
Description=Google Compute Engine Guest Agent
Requires=metadata-server.service
After=metadata-server.service
Before=ssh.service
# It runs once for each change of the metadata, however quickly these follow on each other.
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {PROGRAMS}/google_guest_agent.py
SyslogIdentifier=google_guest_agent
[Install]
WantedBy=multi-user.target
"""
STARTUP_UNIT = f"""[Unit]
Description=Google Compute Engine Startup Scripts
Wants=network-online.target
After=network-online.target {AGENT}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 {PROGRAMS}/google_metadata_script_runner.py
SyslogIdentifier=google_metadata_script_runner
StandardOutput=journal+console
StandardError=journal+console
KillMode=process
[Install]
WantedBy=multi-user.target
"""
SSH_SETTINGS = "PermitRootLogin no\nPasswordAuthentication no\n"
"""As on Google's images."""

SUDO_SETTINGS = "%google-sudoers ALL=(ALL:ALL) NOPASSWD:ALL\n"
SERVICES = {
    "metadata-server.service": METADATA_UNIT,
    AGENT: AGENT_UNIT,
    "google-startup-scripts.service": STARTUP_UNIT,
}


def files(metadata: dict) -> dict[str, bytes]:
    """Return the files of a new machine: the programs, their units, and the metadata."""
    programs = {f"{PROGRAMS}/{file.name}": file.read_bytes() for file in FOLDER.glob("*.py") if file.stem != "__init__"}
    texts = {
        **{f"{UNITS}/{name}": text for name, text in SERVICES.items()},
        "/etc/cloud/cloud-init.disabled": "",  # Google's Debian has none
        "/etc/ssh/sshd_config.d/60-google.conf": SSH_SETTINGS,
        "/etc/sudoers.d/google_sudoers": SUDO_SETTINGS,
    }
    return programs | {path: text.encode() for path, text in texts.items()} | metadata_file(metadata)


def metadata_file(metadata: dict) -> dict[str, bytes]:
    """Return the file that the metadata server reads at every request."""
    return {METADATA: json.dumps(metadata, indent=1).encode()}


def accounts(found: list[dict]) -> dict:
    """Return the service accounts as a machine sees them, at most one; its token is worth nothing anywhere."""
    token = {"access_token": f"rehearsal-{secrets.token_hex(16)}", "expires_in": 3599, "token_type": "Bearer"}
    return {
        name: {
            "aliases": "default\n",
            "email": account["email"],
            "scopes": "".join(f"{scope}\n" for scope in account.get("scopes", [])),
            "token": json.dumps(token),
        }
        for name, account in zip(["default"], found, strict=False)
    }


def links() -> dict[str, str]:
    """Return the links by which the units start at every boot."""
    return {f"{UNITS}/multi-user.target.wants/{name}": f"{UNITS}/{name}" for name in SERVICES}
