#!/bin/bash
# The startup script: runs as root at every boot, so what is done already is not done again.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

attribute() {
    local server=http://metadata.google.internal/computeMetadata/v1/instance/attributes
    curl --silent --show-error --fail --header "Metadata-Flavor: Google" "$server/$1"
}

if [ ! -e /opt/yolo/ready ]; then
    apt-get update -q
    apt-get install -qy --no-install-recommends -o DPkg::Lock::Timeout=120 nginx-light python3-venv
    id yolo > /dev/null 2>&1 || useradd --system --home-dir /opt/yolo --shell /usr/sbin/nologin yolo
    python3 -m venv /opt/yolo/venv
    attribute requirements > /opt/yolo/requirements.txt
    /opt/yolo/venv/bin/pip install --quiet --no-cache-dir --require-hashes --requirement /opt/yolo/requirements.txt
    touch /opt/yolo/ready
fi

attribute nginx-site > /etc/nginx/sites-available/default
attribute unit > /etc/systemd/system/yolo.service
systemctl daemon-reload
systemctl enable --now yolo
systemctl reload nginx
echo "the machine is set up"
