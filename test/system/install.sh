#!/bin/sh
# Installs what the system suite needs, on Debian: other shells, SSH servers, namespaces, a user manager of systemd, a browser. Run as root.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The servers are started by the tests, on ports of their own: installing them must not start any.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get install -y -qq --no-install-recommends openssh-server dropbear-bin busybox mksh util-linux passwd chromium \
  systemd libpam-systemd dbus dbus-user-session faketime
