# A machine with systemd as its first process, for tests: machine.sh FOLDER PORT, as root, in pid, mount, cgroup and uts namespaces
# of its own. An SSH server listens on loopback at PORT; logind ends what users leave behind (KillUserProcesses=yes).
# It sees nothing that it could spoil: the machine is read-only, /tmp, /var/tmp, /run and /dev are its own, of the units that come with
# systemd it finds none, and it can write into FOLDER alone. What is not so ends this before systemd begins.
set -eu
folder=$1 port=$2
own=$folder/machine
mkdir -p "$own/units" "$own/user-units" "$own/seen"
: >"$folder.outside"

mount --make-rprivate /
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind "$folder" /mnt
for private in /tmp /var/tmp /run /var/lib/systemd /var/log; do mount -t tmpfs tmpfs "$private"; done
mkdir -p "$folder" /run/systemd/system /run/systemd/logind.conf.d /run/dbus /run/sshd /run/user /run/lock
mount --move /mnt "$folder"
mount -o remount,bind,ro /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs "$own/seen"
for device in null zero full random urandom tty; do cp -a "/dev/$device" "$own/seen/"; done
ln -s /proc/self/fd "$own/seen/fd"
mkdir "$own/seen/shm" "$own/seen/pts"
mount --move "$own/seen" /dev
mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
mount --bind /bin/true /usr/bin/systemd-tmpfiles
mount -o remount,bind,ro /
if [ -e "$folder.outside" ] || (: >/etc/gantry-test) 2>/dev/null || (: >/var/lib/gantry-test) 2>/dev/null; then
  echo 'this machine could spoil the one it is on' >&2
  exit 1
fi

unit() { cat >"$own/units/$1"; }
user_unit() { cat >"$own/user-units/$1"; }
for target in sysinit basic sockets shutdown user; do printf '[Unit]\nDefaultDependencies=no\n' | unit $target.target; done
for target in default basic sockets shutdown exit; do printf '[Unit]\nDefaultDependencies=no\n' | user_unit $target.target; done
printf 'Wants=dbus.socket\nAfter=dbus.socket\n' >>"$own/user-units/basic.target"
printf 'Requires=basic.target\nAfter=basic.target\n' >>"$own/user-units/default.target"
for each in dbus.socket dbus.service; do cp "/usr/lib/systemd/user/$each" "$own/user-units/"; done
printf '[Login]\nKillUserProcesses=yes\n' >/run/systemd/logind.conf.d/test.conf
unit machine.target <<UNIT
[Unit]
Wants=dbus.service systemd-logind.service ssh.service
UNIT
# By these names: the first process looks for them before it goes on the bus itself.
unit dbus.socket <<UNIT
[Socket]
ListenStream=/run/dbus/system_bus_socket
UNIT
unit dbus.service <<UNIT
[Unit]
Requires=dbus.socket
[Service]
ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
UNIT
unit systemd-logind.service <<UNIT
[Unit]
Requires=dbus.service
After=dbus.service
[Service]
Type=notify
ExecStart=/lib/systemd/systemd-logind
BusName=org.freedesktop.login1
UNIT
unit ssh.service <<UNIT
[Unit]
After=systemd-logind.service
[Service]
ExecStart=/usr/sbin/sshd -D -e -f $own/sshd_config
KillMode=process
UNIT
unit user-runtime-dir@.service <<UNIT
[Unit]
After=systemd-logind.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/lib/systemd/systemd-user-runtime-dir start %i
ExecStop=/lib/systemd/systemd-user-runtime-dir stop %i
UNIT
unit user@.service <<UNIT
[Unit]
Requires=user-runtime-dir@%i.service
After=user-runtime-dir@%i.service
[Service]
User=%i
PAMName=systemd-user
Type=notify
Environment=SYSTEMD_UNIT_PATH=$own/user-units
ExecStart=/lib/systemd/systemd --user
Slice=user-%i.slice
KillMode=mixed
Delegate=pids memory
UNIT
cat >"$own/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $own/hostkey
PidFile none
UsePAM yes
StrictModes no
PasswordAuthentication yes
CONFIG
ssh-keygen -q -t ed25519 -N '' -f "$own/hostkey"
exec env -i PATH="$PATH" container=gantry-test SYSTEMD_UNIT_PATH="$own/units" \
  setpriv --bounding-set=-sys_module,-sys_boot,-sys_time,-sys_rawio \
  /lib/systemd/systemd --system --unit=machine.target --log-target=console --log-level=warning --show-status=no --default-standard-output=null
