#!/bin/sh
# Runs once, as root, when the development container is made: what the lessons use beside Python and Docker.
set -eu
export DEBIAN_FRONTEND=noninteractive
archive=https://packages.cloud.google.com/apt
key=/usr/share/keyrings/google-cloud.asc
list=/etc/apt/sources.list.d/google-cloud-cli.list

install() {
    apt-get update && apt-get install --yes --no-install-recommends "$@"
}

install_gcloud() {
    curl --fail --silent --show-error --location --output "$key" "$archive/doc/apt-key.gpg" \
        && echo "deb [signed-by=$key] $archive cloud-sdk main" > "$list" \
        && install google-cloud-cli
}

install ca-certificates chromium curl openssh-client
# Most lessons do without gcloud, and the doctor, which every start runs, says how to get it. A list of packages that
# cannot be read would stop all later installations.
install_gcloud || { rm -f "$list"; echo "gcloud could not be installed; everything else is there"; }
