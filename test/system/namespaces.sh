# Runs inside pid and mount namespaces of its own: numbers that are used again, a reboot, a full disk.
# $1 keeper.sh, GANTRY_KEEPER_* as for any keeper. Prints `ok …` or `FAIL …` for each check.
set -u
keeper=$1
root=$GANTRY_KEEPER_DIR

run() { "$GANTRY_KEEPER_SH" "$keeper" "$@"; }
start() { printf 'set -- sleep 1000\n' | run start "$1" never; }
check() { # sentence, pattern, text
  case $3 in
    $2) echo "ok $1" ;;
    *) echo "FAIL $1: wanted [$2], got [$3]" ;;
  esac
}
lives() { kill -0 "$1" 2>/dev/null && echo lives || echo dead; }
first() { read -r first_word first_rest <"$root/processes/$1" && echo "$first_word"; }
state() { run status | while read -r mark id rest; do [ "$id" = "$1" ] && echo "$rest"; done; }

# Makes a stranger whose pid is $1.
take() {
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
    setsid sleep 500 &
    [ $! = "$1" ] && return 0
    kill $!
  done
  echo "FAIL could not take pid $1"
}

mount --make-rprivate /
mount -t proc proc /proc
cat /proc/sys/kernel/random/uuid >"$root/boot1"
cat /proc/sys/kernel/random/uuid >"$root/boot2"
mount --bind "$root/boot1" /proc/sys/kernel/random/boot_id

start a >/dev/null
pid=$(first a/run)
kill -9 "$(first a/keep)" "$pid"
sleep 0.3
take "$pid"
check 'a pid that was given to a stranger is not ours' 'lost unknown*' "$(state a)"
check 'stop does not stop the stranger' 'stopped unknown' "$(run stop a TERM 500)"
check 'the stranger lives after the stop' lives "$(lives "$pid")"
check 'start starts anew' 'started *' "$(start a)"
check 'the stranger lives after the start' lives "$(lives "$pid")"
run stop a >/dev/null
kill "$pid"

start b >/dev/null
keeper_pid=$(first b/keep)
kill -9 "$keeper_pid"
sleep 0.3
take "$keeper_pid"
check "a keeper's pid that was given to a stranger is no keeper" 'running orphan*' "$(state b)"
check 'stop stops the orphan' 'stopped unknown' "$(run stop b TERM 500)"
check 'the stranger lives' lives "$(lives "$keeper_pid")"
kill "$keeper_pid"

start c >/dev/null
pid=$(first c/run)
kill -9 "$(first c/keep)" "$pid"
sleep 0.3
take "$pid"
umount /proc/sys/kernel/random/boot_id
mount --bind "$root/boot2" /proc/sys/kernel/random/boot_id
check 'after a reboot it is lost, and the reason is known' 'lost reboot*' "$(state c)"
check 'stop has nothing to do' 'stopped reboot' "$(run stop c TERM 500)"
check 'whoever has the pid now lives' lives "$(lives "$pid")"
check 'start starts anew after a reboot' 'started *' "$(start c)"
run stop c >/dev/null

mkdir "$root/small"
mount -t tmpfs -o size=200k,nr_inodes=120 tmpfs "$root/small"
root=$root/small
export GANTRY_KEEPER_DIR=$root
start d >/dev/null
start e >/dev/null
mkdir "$root/fill"
dd if=/dev/zero of="$root/fill/bytes" bs=1k >/dev/null 2>&1
number=0
while true 2>/dev/null >"$root/fill/$number"; do number=$((number + 1)); done
check 'a full disk is no reason to be blind' 'running -*' "$(state d)"
check 'a full disk refuses a start, and says so' disk "$(start f)"
# Not even a name fits on this disk. Locks that are symlinks need one: the one case in which a stop has to be refused.
stopped='stopped *'
[ "${GANTRY_KEEPER_NO_FLOCK:-}" ] && stopped=locked
check 'a full disk is no reason not to stop' "$stopped" "$(run stop d TERM 500)"
kill -9 "$(first e/run)"
sleep 0.5
check 'what dies on a full disk is lost' 'lost unknown*' "$(state e)"
rm -r "$root/fill"
check 'with room again it starts' 'started *' "$(start e)"
check 'and stops' 'stopped 143' "$(run stop e TERM 2000)"
umount -l "$root"
