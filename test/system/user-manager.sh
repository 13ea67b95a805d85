# A user manager of systemd by itself, for tests: user-manager.sh FOLDER, as root, in a mount namespace of its own.
# It sees nothing that it could spoil: the machine is read-only, /tmp, /var/tmp and /run are empty ones of its own, of the units
# that come with systemd it finds none but the bus, and it can write into FOLDER alone.
set -eu
folder=$1
own=$folder/manager
mkdir -p "$own/units" "$own/run"
chmod 700 "$own/run"
for unit in dbus.socket dbus.service; do cp "/usr/lib/systemd/user/$unit" "$own/units/"; done
for target in default basic sockets shutdown exit; do printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' $target >"$own/units/$target.target"; done
printf 'Wants=dbus.socket\nAfter=dbus.socket\n' >>"$own/units/basic.target"
printf 'Requires=basic.target\nAfter=basic.target\n' >>"$own/units/default.target"

# Its cgroup, in the hierarchies that systemd uses: told by the name of the folder, which is this test's alone.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -e "$hierarchy/cgroup.procs" ] || continue
  mkdir -p "$hierarchy/${folder##*/}"
  echo $$ >"$hierarchy/${folder##*/}/cgroup.procs"
done

mount --make-rprivate /
mount --bind "$folder" /mnt
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var/tmp
mount -t tmpfs tmpfs /run
mkdir -p "$folder" /run/systemd/system
mount --move /mnt "$folder"
mount -o remount,bind,ro /
exec env -i PATH="$PATH" HOME="$own" XDG_RUNTIME_DIR="$own/run" SYSTEMD_UNIT_PATH="$own/units" \
  /lib/systemd/systemd --user --log-target=console --log-level=warning
