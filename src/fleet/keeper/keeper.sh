#!/bin/sh
# The keeper: starts, watches, restarts and stops processes on a node, for a gateway at the other end of an SSH channel.
# PROTOCOL.md beside this file says what goes over the wire, which files there are, and what is promised.
#
#   sh keeper.sh serve NONCE [AUTO|KEEPER|SYSTEMD]  requests on stdin; answers, events and a heartbeat on stdout
#   sh keeper.sh start ID POLICY [CHECK] <SPEC   the same requests, one at a time, from a shell
#   sh keeper.sh stop ID [SIGNAL [GRACE_MS]]
#   sh keeper.sh remove ID | status | log ID [BYTES | GENERATION OFFSET BYTES]
#   sh keeper.sh keep ID DRIVER | child ID TOKEN RESTARTS [KEEPER] | unit (as child) | tidy | check ID TOKEN | look ID TOOL    what it starts for itself
#
# POSIX sh without `local`: a function's own variables carry its name or are listed as its results.
# Its systemd part stands by itself, below the locks: units hold what is kept, the rest of this file is the same with and without.
# Needs Linux's /proc, setsid, mkfifo, readlink, find, grep -z and sleep with fractions; flock is used where there is one.

set -uf # -f: no word is ever a pattern; the few lines that want one turn it on
umask 077
newline='
'
IFS=" $newline"
root=${GANTRY_KEEPER_DIR:-$HOME/.gantry}
self=$0
shell=${GANTRY_KEEPER_SH:-/bin/sh}
log_cap=${GANTRY_KEEPER_LOG_CAP:-10485760}
tick_seconds=${GANTRY_KEEPER_TICK:-1}
tidy_seconds=${GANTRY_KEEPER_TIDY:-5}
first_wait=${GANTRY_KEEPER_WAIT:-1}
driver=${GANTRY_KEEPER_DRIVER:-keeper} # `serve` chooses anew
no_pid=2147483647 # a number that no process has

{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && [ "$boot" ] || exit 69

# Some shells (ksh) hide descriptors above 2 from programs, and some machines have no flock: then locks are symlinks.
use_flock=
if [ -z "${GANTRY_KEEPER_NO_FLOCK:-}" ]; then
  (exec 9<"$self" && flock -sn 9 && [ /proc/self/fd/9 -ef "$self" ]) 2>/dev/null && use_flock=1
fi

# ---- what is known about a process ----

# Writes file $1 whole or not at all.
write_whole() { printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1"; }

# Reads /proc/$1/stat -> stat_start (in ticks since boot), stat_group. Fails when there is no such process; a zombie is none.
read_stat() {
  stat_start= stat_group= stat_text=
  # The program's name is in there unescaped and may hold newlines and ") ": join the lines, cut at the last ") ".
  { while read -r stat_line; do stat_text="$stat_text$stat_line "; done <"/proc/$1/stat"; } 2>/dev/null
  stat_text=${stat_text##*) }
  set -- $stat_text
  [ $# -ge 20 ] || return 1
  case $1 in Z | X | x) return 1 ;; esac
  stat_group=$3 stat_start=${20}
}

# A process is the same one only if pid, start time and boot id are: numbers get used again.
alive() { read_stat "$1" && [ "$stat_start" = "$2" ]; }
same_process() { [ "${3:-}" = "$boot" ] && alive "$1" "$2"; }

# Whether the keeper of the process in folder $1 lives -> keeper_pid.
keeper_lives() {
  keeper_pid=0
  { read -r keeper_pid keeper_start keeper_boot <"$1/keep"; } 2>/dev/null || return 1
  same_process "$keeper_pid" "$keeper_start" "$keeper_boot"
}

# What process $1 is doing -> dir state detail pid ticks token started ended restarts next health. The files are the truth, events
# are hints.
observe() {
  dir=$root/processes/$1
  state=stopped detail=- ended=- next= health=
  if ! { read -r pid ticks run_boot token started restarts <"$dir/run"; } 2>/dev/null; then
    pid=0 ticks=0 token= started=- restarts=0
    keeper_lives "$dir" && state=starting
    return 0
  fi
  { read -r exit_token exit_code exit_cause exit_at <"$dir/exit"; } 2>/dev/null || exit_token=
  if [ "$exit_token" = "$token" ]; then
    state=exited detail=$exit_code ended=$exit_at
    case $exit_cause in asked) state=stopped ;; limit) state=fatal ;; esac
    if [ -e "$dir/waiting" ] && keeper_lives "$dir"; then
      state=backoff
      { read -r next <"$dir/waiting"; } 2>/dev/null || next=
    fi
  elif [ "$run_boot" != "$boot" ]; then
    state=lost detail=reboot
  elif alive "$pid" "$ticks"; then
    state=running
    keeper_lives "$dir" || detail=orphan
    [ -e "$dir/check" ] && observe_health
  elif keeper_lives "$dir"; then
    state=exiting
  else
    state=lost detail=unknown
  fi
  [ "$run_boot" = "$boot" ] || { started=- ended=-; }
}

list_ids() {
  set +f
  set -- "$root"/processes/*/
  set -f
  ids=
  for list_dir; do
    list_dir=${list_dir%/}
    list_id=${list_dir##*/}
    valid_id "$list_id" && ids="$ids $list_id"
  done
}

# The state of all -> snapshot; the keepers that will tell of a change -> kept; something that no keeper tells of -> unsettled.
take_snapshot() {
  snapshot= kept= unsettled=
  list_ids
  for snapshot_id in $ids; do
    keeper_pid=0
    observe "$snapshot_id"
    snapshot="$snapshot$snapshot_id $state $detail $pid $started $ended $restarts${next:+ $next}${health:+ $health}$newline"
    case $state.$detail in
      running.- | backoff.*) kept="$kept $keeper_pid" ;;
      running.* | exiting.* | starting.*) unsettled=1 ;;
    esac
  done
}

# Prints the snapshot with $1 before each line: one small write a line, so another writer never cuts it.
print_snapshot() {
  IFS=$newline
  for print_line in $snapshot; do printf '%s\n' "$1 $print_line"; done
  IFS=" $newline"
}

# Whether the last snapshot still holds, as far as a cheap look can tell: its keepers live. A zombie has no exe.
calm() {
  [ -z "$unsettled" ] || return 1
  for calm_pid in $kept; do [ -e "/proc/$calm_pid/exe" ] || return 1; done
}

# Sends an event line to every watcher. Opened for reading too, a fifo never blocks the opener nor breaks the writer.
notify() {
  notify_line="E $*"
  set +f
  set -- "$root"/watchers/*
  set -f
  for notify_fifo; do
    (
      trap - TERM HUP
      exec 5>&- 8>&- 9>&- # a lock must not outlive its owner in here
      [ -p "$notify_fifo" ] && printf '%s\n' "$notify_line" 1<>"$notify_fifo"
    ) 2>/dev/null &
  done
}

# Tenths of a second since boot -> uptime_tenths. Digit by digit: a leading zero would make a number octal.
read_uptime_tenths() {
  read -r uptime_text uptime_rest </proc/uptime
  uptime_rest=${uptime_text#*.}
  uptime_tenths=$((${uptime_text%.*} * 10 + ${uptime_rest%?}))
}

# ---- locks ----

# Takes lock $1 on descriptor $2 in at most $3 tries of 50 ms. The kernel frees a flock; a symlink names its owner.
grab() {
  grab_tries=0
  if [ "$use_flock" ]; then
    while :; do
      true 2>/dev/null >>"$1.lock" || return 1 # a failing `exec` would end this shell
      eval "exec $2>>\"\$1.lock\""
      # `remove` may have deleted the file while we waited: a lock on a nameless file excludes nobody.
      flock -n "$2" && [ "/proc/self/fd/$2" -ef "$1.lock" ] && return 0
      eval "exec $2>&-"
      grab_tries=$((grab_tries + 1))
      [ $grab_tries -ge "$3" ] && return 1
      sleep 0.05
    done
  fi
  read -r grab_pid grab_rest </proc/self/stat # $$ is not ours inside ( )
  read_stat "$grab_pid"
  grab_name=$grab_pid.$stat_start.$boot
  until ln -s "$grab_name" "$1.owner" 2>/dev/null; do
    [ -d "${1%/*}" ] || return 1
    # A dead owner's lock is broken by one process at a time, and a breaker may die as well.
    owner_gone "$1.owner" && owner_gone "$1.breaker" && rm -f "$1.breaker"
    if owner_gone "$1.owner" && ln -s "$grab_name" "$1.breaker" 2>/dev/null; then
      owner_gone "$1.owner" && rm -f "$1.owner"
      rm -f "$1.breaker"
      continue
    fi
    grab_tries=$((grab_tries + 1))
    [ $grab_tries -ge "$3" ] && return 1
    sleep 0.05
  done
}

# Whether symlink $1 names a process that is no more.
owner_gone() {
  gone_name=$(readlink "$1" 2>/dev/null) && [ "$gone_name" ] || return 1
  gone_rest=${gone_name#*.}
  ! same_process "${gone_name%%.*}" "${gone_rest%%.*}" "${gone_rest#*.}"
}

# Gives lock $1 back. A symlink only if it is still ours: after `remove` the name may belong to someone else's lock.
drop() {
  if [ "$use_flock" ]; then
    eval "exec $2>&-"
  elif [ "$(readlink "$1.owner" 2>/dev/null)" = "$grab_name" ]; then
    rm -f "$1.owner"
  fi
}

# ---- systemd: keepers in scopes and processes in units of the user's manager ----

# A keeper in a scope is no part of the session that it was started from. A process in a unit has a cgroup, which nothing in it can
# leave, and systemd says exactly how it ended. The keeper still runs it, waits for it and restarts it: policy is written once.

# How long systemd may take to answer what is asked of it at the beginning, in seconds.
patience=5

# Whether processes can be units here -> lacking: what is missing for it, in a word; empty if nothing is.
look_for_systemd() {
  lacking=no-systemd
  [ -d /run/systemd/system ] || return 1
  for look_tool in systemctl systemd-run loginctl timeout env id; do command -v $look_tool >/dev/null || return 1; done
  reach_manager
  lacking=no-manager
  look_version=$(timeout $patience systemctl --user show -p Version --value 2>/dev/null) || return 1
  look_version=${look_version%%[!0-9]*}
  lacking=old-systemd
  [ "${look_version:-0}" -ge 240 ] || return 1
  lacking=no-linger
  [ "$(timeout $patience loginctl show-user "$(id -un)" -p Linger --value 2>/dev/null)" = yes ] || return 1
  lacking=no-flock
  [ "$use_flock" ] || return 1
  # The proof is a unit that has run, with all that is asked of one.
  lacking=no-units
  id=probe dir=$root/processes/probe keep_token=$$-0
  unit_command 'exit 7' "timeout $patience" </dev/null >/dev/null 2>&1
  [ $? = 7 ] || return 1
  lacking=
}

# SSH servers without PAM tell a user nothing of its manager.
reach_manager() {
  [ "${XDG_RUNTIME_DIR:-}" ] && return
  XDG_RUNTIME_DIR=/run/user/$(id -u)
  export XDG_RUNTIME_DIR
}

# Whether the end of this session ends everything that was started in it. logind spares some users, or takes only some.
logout_kills() {
  case $(cat /proc/self/cgroup) in *session-*.scope*) ;; *) return 1 ;; esac
  kills_user=$(id -un) kills_all= kills_not= kills_only=
  for kills_line in $(timeout $patience loginctl show-user -p KillUserProcesses -p KillExcludeUsers -p KillOnlyUsers 2>/dev/null | tr ' ' ,); do
    case $kills_line in
      KillUserProcesses=yes) kills_all=1 ;;
      KillExcludeUsers=*) kills_not=,${kills_line#*=}, ;;
      KillOnlyUsers=?*) kills_only=,${kills_line#*=}, ;;
    esac
  done
  case $kills_not in *",$kills_user,"*) return 1 ;; esac
  case $kills_only in *",$kills_user,"*) return 0 ;; ?*) return 1 ;; esac
  [ "$kills_all" ]
}

# How processes are started on this node -> driver and, in a word, why. $1: what the gateway was told, AUTO, KEEPER or SYSTEMD.
#   systemd  as units         keeper  as children of keepers         scope  the same, with keepers out of the session
#   barred   not at all: systemd was asked for and is not fit, or whatever is started would die with the session
choose_driver() {
  driver=keeper why=asked lacking=
  if [ "$1" != KEEPER ]; then
    if look_for_systemd; then
      driver=systemd why=fits
      return
    fi
    why=$lacking
    [ "$1" = SYSTEMD ] && driver=barred
  fi
  [ $driver = keeper ] && command -v loginctl >/dev/null && logout_kills || return 0
  [ "$1" = KEEPER ] && look_for_systemd
  case $lacking in
    '' | no-flock | no-units) driver=scope why=logout ;;
    *) driver=barred why=logout-$lacking ;;
  esac
}

# Puts the words in a scope of their own, out of the session; the new name keeps clear of a scope that is just going.
in_scope() {
  read -r scope_uuid </proc/sys/kernel/random/uuid
  systemd-run --user --scope -q --collect --unit="gantry-keeper-${scope_uuid%%-*}.scope" -- "$@"
}

# Runs shell words $1 in a unit and waits for its end; $2 goes before. What the unit is told comes by its environment: systemd would
# read `$` and `%` in words. KillMode: the unit ends with its process, and what that leaves behind is the keeper's to end, with grace.
unit_command() {
  $2 systemd-run --user --pipe --wait -q --collect --unit="gantry-$id-${keep_token%%-*}.service" \
    --description="$id, kept by Gantry" --working-directory="$PWD" -p KillMode=process -p IgnoreSIGPIPE=no \
    -E GANTRY_UNIT_ROOT="$root" -E GANTRY_UNIT_SELF="$self" -E GANTRY_UNIT_SHELL="$shell" -E GANTRY_UNIT_END="$keep_token" \
    -p "ExecStopPost=-/bin/sh -c 'echo \"\$\$GANTRY_UNIT_END \$\$EXIT_CODE \$\$EXIT_STATUS\" 2>/dev/null >\"\$\$GANTRY_UNIT_ROOT/processes/$id/end\"'" \
    -- /bin/sh -c "$1"
}

# One run of the process as a unit -> keep_code. The lock goes in as its input, so that it is held until the run is written down,
# also if this keeper is killed in between. The environment is that of the log-in, not of the manager.
run_unit() {
  rm -f "$dir/end"
  (
    hide_knobs
    export -p
  ) >"$dir/env" 2>/dev/null
  read_stat $$
  unit_command "exec env -i GANTRY_KEEPER_DIR=\"\$\$GANTRY_UNIT_ROOT\" GANTRY_KEEPER_SH=\"\$\$GANTRY_UNIT_SHELL\" \"\$\$GANTRY_UNIT_SHELL\" \"\$\$GANTRY_UNIT_SELF\" unit $id $keep_token $keep_restarts $$.$stat_start" \
    '' <&8 >>"$dir/log" 2>&1
  # The one who waited may have been cut off from a manager that goes on: it has ended when it is gone.
  while ! read_unit_end; do
    { read -r unit_pid unit_ticks unit_boot unit_token unit_rest <"$dir/run"; } 2>/dev/null || break
    [ "$unit_token" = "$keep_token" ] && alive "$unit_pid" "$unit_ticks" || break
    sleep 0.5
  done
  keep_code=69 # systemd did not run it
  if read_unit_end; then
    case $end_how in
      exited) keep_code=$end_status && [ "$end_status" -gt 128 ] && keep_code=exit:$end_status ;;
      *) keep_code=signal:$end_status ;;
    esac
  elif [ "${unit_token:-}" = "$keep_token" ]; then
    keep_code=unknown # a full disk: systemd could not write it down
  fi
}

# What a unit begins as: child ID TOKEN RESTARTS KEEPER with the environment of the log-in. What that sets must not be ours any more.
unit() {
  set -- "$shell" "$self" "$root" "$@"
  . "$root/processes/$4/env"
  GANTRY_KEEPER_SH=$1 GANTRY_KEEPER_DIR=$3
  export GANTRY_KEEPER_SH GANTRY_KEEPER_DIR
  unit_shell=$1 unit_self=$2
  shift 3
  exec "$unit_shell" "$unit_self" child "$@"
}

# How systemd says that the run at hand has ended -> end_how, end_status. Fails if it has said nothing.
read_unit_end() {
  { read -r end_token end_how end_status <"$dir/end"; } 2>/dev/null && [ "$end_token" = "$keep_token" ] && [ "$end_status" ]
}

# Writes down which cgroup this process is in, in folder $1 for the run with token $2: the record of how it was started.
write_cgroup() {
  cgroup_found=
  # The line of version 2 is the last one, and the better one: it can end all at once.
  while IFS=: read -r cgroup_number cgroup_kind cgroup_path; do
    case $cgroup_number:$cgroup_kind in
      0:) cgroup_bases='/sys/fs/cgroup /sys/fs/cgroup/unified' ;;
      *:name=systemd) cgroup_bases=/sys/fs/cgroup/systemd ;;
      *) cgroup_bases= ;;
    esac
    for cgroup_base in $cgroup_bases; do
      grep -qx $$ "$cgroup_base$cgroup_path/cgroup.procs" 2>/dev/null && cgroup_found=$cgroup_base$cgroup_path
    done
  done </proc/$$/cgroup
  [ "$cgroup_found" ] && write_whole "$1/cgroup" "$2 $cgroup_found"
}

# The cgroup of the run with token $1, if it was a unit and something may still be in there -> cgroup_path.
read_cgroup() {
  cgroup_path=
  { read -r cgroup_token cgroup_path <"$dir/cgroup"; } 2>/dev/null || return 1
  [ "$cgroup_token" = "$1" ] && [ -d "$cgroup_path" ]
}

# Prints the pids that are in the cgroup of the run with token $1, whatever they have left and forgotten.
boxed() {
  read_cgroup "$1" || return 0
  for boxed_pid in $(find "$cgroup_path" -name cgroup.procs -exec cat {} + 2>/dev/null); do
    read_stat "$boxed_pid" && printf '%s ' "$boxed_pid"
  done
}

# Ends all of that cgroup in one stroke, where the kernel can: no fork is fast enough.
kill_cgroup() {
  read_cgroup "$1" && [ -w "$cgroup_path/cgroup.kill" ] && echo 1 >"$cgroup_path/cgroup.kill"
}

# ---- processes and signals ----

# Starts this script detached. The second setsid is a group leader, so it forks; `&` would leave SIGINT and SIGQUIT ignored
# in everything below, for ever.
spawn() {
  spawn_where=
  case $driver in systemd | scope) reach_manager && spawn_where=in_scope ;; esac
  $spawn_where setsid setsid "$shell" "$self" "$@" </dev/null >/dev/null 2>&1 5>&- 7>&- 8>&- 9>&-
}

# Prints the pids that carry token $1 in their environment: also those that left session and group.
marked() {
  for marked_file in $(
    set +f
    grep -slzF "GANTRY_TOKEN=$1" /proc/[0-9]*/environ
  ); do
    marked_file=${marked_file#/proc/}
    marked_pid=${marked_file%/environ}
    read_stat "$marked_pid" && printf '%s ' "$marked_pid"
  done
}

# Whether group $1 has a member that is not a zombie: some inits reap late or never, so kill -0 is no proof of life.
group_lives() {
  kill -s 0 -- "-$1" 2>/dev/null || return 1
  for group_dir in $(
    set +f
    echo /proc/[0-9]*
  ); do
    read_stat "${group_dir#/proc/}" && [ "$stat_group" = "$1" ] && return 0
  done
  return 1
}

# Ends what is left of a run: token $1, leader $2 with start time $3, $4 rounds of TERM before KILL. Fails if some live on.
sweep() {
  sweep_round=0
  while [ $sweep_round -lt $(($4 + 30)) ]; do
    # The group number is ours while its leader is ours or gone; with another leader it has a new owner.
    sweep_group=
    if group_lives "$2"; then read_stat "$2" && [ "$stat_start" != "$3" ] || sweep_group=1; fi
    sweep_marked=$(marked "$1")$(boxed "$1")
    [ -z "$sweep_group$sweep_marked" ] && return 0
    if [ $sweep_round -lt "$4" ]; then sweep_signal=TERM; else sweep_signal=KILL; fi
    {
      [ $sweep_signal = KILL ] && kill_cgroup "$1"
      [ "$sweep_group" ] && kill -s $sweep_signal -- "-$2" && kill -s CONT -- "-$2"
      for sweep_pid in $sweep_marked; do
        kill -s $sweep_signal "$sweep_pid"
        kill -s CONT "$sweep_pid" # a stopped process takes no TERM
      done
    } 2>/dev/null
    sweep_round=$((sweep_round + 1))
    sleep 0.1
  done
  return 1
}

# Prints the pids of what carries id $1 and the home of this user: of two homes on one machine, each has its own.
unrecorded() {
  for unrecorded_file in $(
    set +f
    grep -slzxF "GANTRY_ID=$1" /proc/[0-9]*/environ
  ); do
    grep -sqzxF "HOME=$HOME" "$unrecorded_file" || continue
    unrecorded_file=${unrecorded_file#/proc/}
    unrecorded_pid=${unrecorded_file%/environ}
    read_stat "$unrecorded_pid" && printf '%s ' "$unrecorded_pid"
  done
}

# Ends process $1 though all record of it is gone: signal $2, KILL after $3 ms. Without a policy to read, its keeper goes with it.
end_unrecorded() {
  end_round=0
  end_kill_at=$((($3 + 99) / 100))
  while :; do
    end_pids=$(unrecorded "$1")
    [ "$end_pids" ] || return 0
    [ $end_round -gt $((end_kill_at + 30)) ] && return 1
    end_signal=
    if [ $end_round -ge $end_kill_at ]; then end_signal=KILL; elif [ $end_round = 0 ]; then end_signal=$2; fi
    for end_pid in $end_pids; do
      [ "$end_signal" ] && kill -s "$end_signal" "$end_pid" && kill -s CONT "$end_pid"
    done 2>/dev/null
    end_round=$((end_round + 1))
    sleep 0.1
  done
}

# ---- requests; each leaves its words in `answer` and returns its code ----

valid_id() { case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*) return 1 ;; esac; }

# Takes policy $1 apart -> policy first_ms factor cap_ms jitter healthy_ms limit window_ms. `always:1000:200:60000:0:60000:0:0` says
# all that is to be said; factor and jitter are in hundredths, limit 0 is none, window 0 is since the start. The bounds keep the arithmetic within 32 bits.
read_policy() {
  policy=${1%%:*}
  first_ms=$((first_wait * 1000)) factor=200 cap_ms=60000 jitter=0 healthy_ms=60000 limit=0 window_ms=0
  case $policy in never | on-failure | always) ;; *) return 1 ;; esac
  [ "$policy" = "$1" ] && return 0
  case $1 in *[!a-z0-9:-]*) return 1 ;; esac
  IFS=:
  set -- ${1#*:}
  IFS=" $newline"
  [ $# -eq 7 ] || return 1
  for policy_word; do case $policy_word in '' | *[!0-9]* | 0?* | ?????????*) return 1 ;; esac; done
  [ "$1" -ge 1 ] && [ "$1" -le 86400000 ] && [ "$2" -ge 100 ] && [ "$2" -le 1000 ] && [ "$3" -le 86400000 ] &&
    [ "$4" -le 100 ] && [ "$5" -le 86400000 ] && [ "$6" -le 1000 ] && [ "$7" -le 86400000 ] || return 1
  first_ms=$1 factor=$2 cap_ms=$3 jitter=$4 healthy_ms=$5 limit=$6 window_ms=$7
}

# start ID POLICY SPEC [CHECK]. Returns 99 with the lock held when a keeper was spawned: go on with await_start.
start_process() {
  answer=refused
  valid_id "$1" || return 64
  read_policy "$2" || return 64
  [ -z "$4" ] || read_check "${4%%"$newline"*}" || return 64
  answer=emptied
  [ -e "$self" ] || return 70 # the folder was emptied under a standing link: what keeps processes is gone, too
  dir=$root/processes/$1
  answer=disk
  mkdir -p "$dir" 2>/dev/null || return 74
  answer=locked
  if ! grab "$dir/op" 9 200; then
    mkdir "$dir" 2>/dev/null && grab "$dir/op" 9 200 || return 75 # a `remove` came in between
  fi
  start_round=0
  observe "$1"
  # It has just died and its keeper is about to say how.
  while [ "$state" = exiting ] && [ $start_round -lt 250 ]; do
    start_round=$((start_round + 1))
    sleep 0.02
    observe "$1"
  done
  case $state in
    running | exiting | backoff | starting)
      drop "$dir/op" 9
      answer="already $state $pid"
      return 0
      ;;
  esac
  if [ "$driver" = barred ]; then
    drop "$dir/op" 9
    answer="barred $why"
    return 69
  fi
  if [ "$token" ] && ! sweep "$token" $no_pid 0 20; then
    drop "$dir/op" 9
    answer=leftovers
    return 70
  fi
  [ "$4" ] || rm -f "$dir/check"
  if ! {
    write_whole "$dir/spec" "$3" && write_whole "$dir/policy" "$2" && { [ -z "$4" ] || write_whole "$dir/check" "$4"; }
  } 2>/dev/null; then
    drop "$dir/op" 9
    answer=disk
    return 74
  fi
  rm -f "$dir/down" "$dir/waiting"
  former_token=$token
  spawn keep "$1" "$driver"
  return 99
}

# Waits until the new run of $1 is under way or has failed, then frees the lock.
await_start() {
  await_round=0 await_code=70
  answer=timeout
  while [ $await_round -lt 1000 ]; do
    observe "$1"
    if [ "$token" ] && [ "$token" != "$former_token" ]; then
      case $state in
        running)
          answer="started $pid" await_code=0
          notify "$1 running - $pid $started - $restarts${health:+ $health}"
          break
          ;;
        exited | stopped | lost | backoff | fatal)
          answer="failed $detail" await_code=1
          [ "$pid" = 0 ] && answer="unrunnable $detail"
          break
          ;;
      esac
    fi
    if [ $((await_round % 100)) = 99 ] && ! keeper_lives "$dir"; then
      answer=nokeeper
      break
    fi
    await_round=$((await_round + 1))
    sleep 0.01
  done
  drop "$dir/op" 9
  return $await_code
}

# stop ID SIGNAL GRACE_MS: the signal to the whole group, then KILL, then whatever else carries the token.
stop_process() {
  answer=refused
  valid_id "$1" || return 64
  case $2 in TERM | INT | QUIT | HUP | USR1 | USR2 | KILL) ;; *) return 64 ;; esac
  case $3 in '' | *[!0-9]* | ????????*) return 64 ;; esac
  dir=$root/processes/$1
  if [ ! -d "$dir" ]; then
    answer='stopped -'
    end_unrecorded "$@" && return 0
    answer=leftovers
    return 70
  fi
  answer=locked
  grab "$dir/op" 9 200 || return 75
  # On a full disk nobody can be told not to restart it: then nobody may live to do so.
  if true 2>/dev/null >"$dir/down"; then
    read_uptime_tenths
    echo $((uptime_tenths + ($3 + 99) / 100)) 2>/dev/null >"$dir/down" # when the grace is over, for the keeper
  else
    keeper_lives "$dir" && kill -s KILL "$keeper_pid"
  fi
  stop_round=0 stop_sent=
  stop_kill_at=$((($3 + 49) / 50))
  stop_leader="$no_pid 0"
  while :; do
    observe "$1"
    case $state in
      running)
        stop_leader="$pid $ticks"
        stop_signal=
        if [ $stop_round -ge $stop_kill_at ]; then stop_signal=KILL; elif [ -z "$stop_sent" ]; then stop_signal=$2; fi
        stop_sent=1
        [ "$stop_signal" ] && {
          kill -s "$stop_signal" -- "-$pid" || kill -s "$stop_signal" "$pid"
          kill -s CONT -- "-$pid"
        } 2>/dev/null
        ;;
      backoff) kill -s TERM "$keeper_pid" 2>/dev/null ;; # wakes its keeper
      exiting | starting) ;;
      *) keeper_lives "$dir" || break ;;
    esac
    stop_round=$((stop_round + 1))
    if [ $stop_round -gt $((stop_kill_at + 200)) ]; then
      drop "$dir/op" 9
      answer="stuck $state"
      return 70
    fi
    sleep 0.05
  done
  if [ "$token" ] && [ "$detail" != reboot ] && ! sweep "$token" $stop_leader 5; then
    drop "$dir/op" 9
    answer=leftovers
    return 70
  fi
  # Nobody waits for it any longer: from now on it is down because it was asked to be.
  if [ "$state" = lost ] || [ "$state" = fatal ]; then
    write_whole "$dir/exit" "$token $detail asked $ended" 2>/dev/null
    notify "$1 stopped $detail $pid $started - $restarts"
  fi
  drop "$dir/op" 9
  answer="stopped $detail"
  return 0
}

# remove ID: forgets a process that is down. Its files go, its log too.
remove_process() {
  answer=refused
  valid_id "$1" || return 64
  dir=$root/processes/$1
  answer=removed
  [ -d "$dir" ] || return 0
  answer=locked
  grab "$dir/op" 9 200 || return 75
  observe "$1"
  remove_code=0
  case $state in
    running | exiting | backoff | starting) answer="up $state" remove_code=70 ;;
    *)
      # The other lock: a keeper whose starter was killed may be on its way, and one that has said its last may still sweep.
      if ! grab "$dir/live" 8 200; then
        remove_code=75
      elif [ "$token" ] && [ "$detail" != reboot ] && ! sweep "$token" $no_pid 0 20; then
        answer=leftovers remove_code=70
        drop "$dir/live" 8
      else
        rm -rf "$dir"
        answer=removed
        drop "$dir/live" 8
        notify "$1 stopped - 0 - - 0"
      fi
      ;;
  esac
  drop "$dir/op" 9
  return $remove_code
}

# log ID GENERATION OFFSET BYTES: a piece of its log from a place on, as base64 -> piece. The log is cut now and then, and
# `log.1` is what it was before: GENERATION counts the cuts, so a place stays a place. Any other generation is no longer there.
read_log() {
  answer=refused piece=
  valid_id "$1" || return 64
  for log_word in "$2" "$3" "$4"; do case $log_word in '' | *[!0-9]* | ????????????????*) return 64 ;; esac; done
  [ "$4" -le 32768 ] || return 64
  command -v base64 >/dev/null && command -v dd >/dev/null || { answer='lacking base64 dd' && return 69; }
  dir=$root/processes/$1
  log_round=0
  while [ $log_round -lt 20 ]; do
    log_round=$((log_round + 1))
    # It is being cut: for a moment nothing fits together. Without a lock, so that it can be read on a full disk, too.
    [ -e "$dir/log.cut" ] && [ $log_round -lt 20 ] && sleep 0.05 && continue
    read_log_place
    log_was="$log_cuts $log_millions $log_units"
    size_of "$dir/log.1" && log_old=$size
    size_of "$dir/log" && log_size=$size
    log_file= piece=
    if [ "$2" = "$log_cuts" ]; then
      log_file=$dir/log
      [ "$3" -lt "$log_size" ] || log_file=
    elif [ $(($2 + 1)) = "$log_cuts" ]; then
      log_file=$dir/log.1
      [ "$3" -lt "$log_old" ] || log_file=
    fi
    # Whole blocks, for dd then seeks: a few bytes more or less than were asked for.
    [ "$4" -gt 0 ] && [ "$log_file" ] && piece=$(
      dd if="$log_file" bs=4096 skip=$(($3 / 4096)) count=$((($3 % 4096 + $4 + 4095) / 4096)) 2>/dev/null |
        tail -c +$(($3 % 4096 + 1)) | base64
    )
    read_log_place
    [ "$log_was" = "$log_cuts $log_millions $log_units" ] && [ ! -e "$dir/log.cut" ] && break
  done
  answer="log $log_was $log_old $log_size"
}

# How often the log was cut, and how many bytes there were before the present one. 32 bits hold no more than a part of them.
read_log_place() { { read -r log_cuts log_millions log_units <"$dir/log.at"; } 2>/dev/null || log_cuts=0 log_millions=0 log_units=0; }

size_of() {
  size_words=$(ls -lnd -- "$1" 2>/dev/null)
  set -- $size_words 0 0 0 0 0
  size=$5
}

# Prints what `read_log` found: small lines, as all writers of the channel do.
print_log() {
  for log_line in $piece; do printf 'L %s %s\n' "$1" "$log_line"; done
}

# Makes the log in folder $1 the old one. Copy and truncate, because the process holds the file open.
cut_log() {
  dir=$1
  true 2>/dev/null >"$dir/log.cut" || return 0
  if cp "$dir/log" "$dir/log.1" 2>/dev/null; then
    read_log_place
    size_of "$dir/log.1"
    log_units=$((log_units + size % 1000000))
    log_millions=$((log_millions + size / 1000000 + log_units / 1000000))
    # Counted before it is cut: whoever is killed in between leaves something to be read twice, and nothing unread.
    write_whole "$dir/log.at" "$((log_cuts + 1)) $log_millions $((log_units % 1000000))" && true >"$dir/log"
  else
    rm -f "$dir/log.1" # half a copy helps nobody, and the room does
  fi
  rm -f "$dir/log.cut"
}

# ---- artifacts: sent over SFTP into a folder of the upload's own, then placed whole under the hash of what they hold ----

valid_hash() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}

# The name of an upload says which `serve` it came over: upload-PID.START_TICKS.NUMBER
valid_upload() {
  case ${1#upload-} in "$1" | *[!0-9.]*) return 1 ;; *.*.*) ;; *) return 1 ;; esac
}

# The room that is left for artifacts, in kB -> free; `-` where nobody can say.
read_free() {
  free=- free_former=
  for free_word in $(df -Pk "$root/artifacts" 2>/dev/null | tail -n 1); do
    case $free_word in *%) free=$free_former && break ;; esac
    free_former=$free_word
  done
  case $free in '' | *[!0-9]*) free=- ;; esac
}

# Removes uploads whose connection has ended, and what was about to be removed.
sweep_uploads() {
  set +f
  set -- "$root"/artifacts/upload-* "$root"/artifacts/gone-*
  set -f
  for sweep_folder; do
    [ -d "$sweep_folder" ] || continue
    sweep_name=${sweep_folder##*/}
    sweep_ids=${sweep_name#upload-}
    sweep_rest=${sweep_ids#*.}
    case $sweep_name in upload-*) alive "${sweep_ids%%.*}" "${sweep_rest%%.*}" && continue ;; esac
    rm -rf "$sweep_folder"
  done
}

# seek HASH NUMBER: `here FREE ROOT`, or a new folder to send it into: `absent FREE UPLOAD ROOT`.
seek_artifact() {
  answer=refused
  valid_hash "$1" || return 64
  case $2 in '' | *[!0-9]* | ????????????????*) return 64 ;; esac
  answer=unusable
  case $root in *"$newline"*) return 70 ;; esac
  [ ${#root} -le 500 ] || return 70
  answer=disk
  mkdir -p "$root/artifacts" 2>/dev/null || return 74
  sweep_uploads
  read_free
  if [ -d "$root/artifacts/$1" ]; then
    touch "$root/artifacts/$1" 2>/dev/null # the last to be asked for is the last to be pruned
    answer="here $free $root"
  else
    upload=upload-$serve_pid.$serve_start.$2
    mkdir "$root/artifacts/$upload" 2>/dev/null || return 74
    answer="absent $free $upload $root"
  fi
}

# place HASH UPLOAD SPARE [HASH]...: makes what was sent the artifact, if it arrived as it was, and prunes the others.
place_artifact() {
  answer=refused
  valid_hash "$1" && valid_upload "$2" || return 64
  case $3 in '' | *[!0-9]* | ?????*) return 64 ;; esac
  place_folder=$root/artifacts/$2
  answer=elsewhere
  [ -d "$place_folder/content" ] && [ -f "$place_folder/sums" ] || return 70
  if [ -s "$place_folder/sums" ] && command -v sha256sum >/dev/null; then
    answer=damaged
    (cd "$place_folder/content" && sha256sum -c ../sums >/dev/null 2>&1) || return 70
  fi
  sync -f "$place_folder/content" 2>/dev/null # a name that outlives a power cut has to have its content
  answer=locked
  grab "$root/artifacts/place" 9 200 || return 75
  place_hash=$1 place_code=0
  answer=placed
  # Not onto one that another gateway has placed meanwhile: that would move it into it.
  [ -d "$root/artifacts/$1" ] || mv "$place_folder/content" "$root/artifacts/$1" 2>/dev/null || answer=disk place_code=74
  if [ $place_code = 0 ]; then
    touch "$root/artifacts/$1" 2>/dev/null
    rm -rf "$place_folder"
    shift 2
    prune_artifacts "$@" "$place_hash"
  fi
  drop "$root/artifacts/place" 9
  return $place_code
}

# Removes artifacts, but for those in $2..., those that the spec of a process names, and the $1 latest of the others.
prune_artifacts() {
  prune_spare=$1
  shift
  for prune_hash in $(ls -t "$root/artifacts"); do
    valid_hash "$prune_hash" || continue
    case " $* " in *" $prune_hash "*) continue ;; esac
    named_by_a_spec "$prune_hash" && continue
    prune_spare=$((prune_spare - 1))
    [ $prune_spare -ge 0 ] && continue
    # Under another name first: half of one must not look like one.
    mv "$root/artifacts/$prune_hash" "$root/artifacts/gone-$prune_hash" && rm -rf "$root/artifacts/gone-$prune_hash"
  done
}

named_by_a_spec() (
  set +f
  grep -qF "$1" /dev/null "$root"/processes/*/spec 2>/dev/null
)

# drop UPLOAD: removes it; says how much room there was.
drop_artifact() {
  answer=refused
  valid_upload "$1" || return 64
  read_free
  rm -rf "$root/artifacts/$1"
  answer="dropped $free"
}

# ---- the keeper of one process: its parent, the only one that can learn its exit code ----

keep() {
  id=$1
  driver=${2:-keeper}
  dir=$root/processes/$id
  grab "$dir/live" 8 200 || exit 75
  trap : TERM HUP # caught, not ignored: the child has the default again
  observe "$id"
  [ "$state" = running ] && exit 75 # a child of a keeper that was killed
  read_stat $$
  write_whole "$dir/keep" "$$ $stat_start $boot" || exit 74
  spawn tidy
  keep_restarts=0 keep_wait= keep_recent=
  while :; do
    read -r keep_token </proc/sys/kernel/random/uuid
    read_uptime_tenths
    keep_from=$uptime_tenths
    run_once
    read -r keep_until keep_rest </proc/uptime
    read_uptime_tenths
    keep_ended=$uptime_tenths
    keep_cause=itself keep_state=exited keep_grace=20
    if [ -e "$dir/down" ]; then
      keep_cause=asked keep_state=stopped
      # What is left of the group gets what is left of the grace.
      { read -r keep_deadline <"$dir/down"; } 2>/dev/null && [ "$keep_deadline" ] && read_uptime_tenths &&
        keep_grace=$((keep_deadline - uptime_tenths))
      [ $keep_grace -lt 0 ] && keep_grace=0
    fi
    run_pid=0 run_ticks=0 run_token= run_started=-
    { read -r run_pid run_ticks keep_rest run_token run_started keep_rest <"$dir/run"; } 2>/dev/null
    keep_never_ran=
    if [ "$run_token" != "$keep_token" ]; then
      keep_never_ran=1
      run_pid=0 run_ticks=0 run_started=$keep_until
      write_whole "$dir/run" "0 0 $boot $keep_token $keep_until $keep_restarts"
    fi
    keep_policy=never
    { read -r keep_policy <"$dir/policy"; } 2>/dev/null
    read_policy "$keep_policy" || policy=never
    keep_again=
    case $keep_cause.$policy.$keep_code in
      asked.*) ;;
      itself.on-failure.0) ;;
      itself.on-failure.* | itself.always.*) keep_again=1 ;;
    esac
    [ "$keep_never_ran.$keep_restarts" = 1.0 ] && keep_again= # it never began, and `start` has said so
    if [ "$keep_again" ] && ! may_restart; then
      keep_again= keep_cause=limit keep_state=fatal
    fi
    write_whole "$dir/exit" "$keep_token $keep_code $keep_cause $keep_until"
    notify "$id $keep_state $keep_code $run_pid $run_started $keep_until $keep_restarts"
    [ $run_pid = 0 ] && run_pid=$no_pid
    [ "$keep_again" ] && true >"$dir/waiting"
    sweep "$keep_token" "$run_pid" "$run_ticks" $keep_grace
    [ "$keep_again" ] || break
    [ $run_pid = $no_pid ] && run_pid=0
    next_wait
    write_whole "$dir/waiting" "$keep_next" 2>/dev/null
    notify "$id backoff $keep_code $run_pid $run_started $keep_until $keep_restarts $keep_next"
    sleep "$keep_seconds" 8>&- &
    keep_sleep=$!
    wait $keep_sleep # a TERM from `stop` ends the wait
    kill $keep_sleep 2>/dev/null
    if [ -e "$dir/down" ]; then
      write_whole "$dir/exit" "$keep_token $keep_code asked $keep_until"
      notify "$id stopped $keep_code $run_pid $run_started $keep_until $keep_restarts"
      break
    fi
    rm -f "$dir/waiting"
    keep_restarts=$((keep_restarts + 1))
    notify "$id starting - 0 - - $keep_restarts"
  done
  rm -f "$dir/waiting" "$dir/keep"
  drop "$dir/live" 8
}

# One run of the process, from its start to its end -> keep_code. In the foreground, for `spawn`'s reason.
# The log is opened here, so nothing can block or break the process's output.
run_once() {
  if [ "$driver" = systemd ]; then
    run_unit
    return
  fi
  setsid "$shell" "$self" child "$id" "$keep_token" "$keep_restarts" </dev/null >>"$dir/log" 2>&1
  keep_code=$?
  [ $keep_code -gt 255 ] && keep_code=$((128 + keep_code % 128)) # ksh says 256 + signal
}

# Whether one more restart is within the limit; if so it is counted. keep_recent: when the latest were, in tenths of uptime.
may_restart() {
  [ "$limit" -gt 0 ] || return 0
  read_uptime_tenths
  may_count=0 may_recent=
  for may_time in $keep_recent; do
    [ "$window_ms" -gt 0 ] && [ $((uptime_tenths - may_time)) -gt $(((window_ms + 99) / 100)) ] && continue
    may_count=$((may_count + 1)) may_recent="$may_recent $may_time"
  done
  keep_recent="$may_recent $uptime_tenths"
  [ $may_count -lt "$limit" ]
}

# How long to wait before the next run -> keep_seconds, and when that is over -> keep_next, by the uptime. keep_wait is the wait in
# milliseconds before jitter shortens it: grown from the last one, or the first one again after a run that lasted.
next_wait() {
  read_uptime_tenths
  if [ -z "$keep_wait" ] || [ $((keep_ended - keep_from)) -ge $(((healthy_ms + 99) / 100)) ]; then
    keep_wait=$first_ms
  else
    # In two parts: days of milliseconds times hundredths would be too much for 32 bits.
    keep_wait=$((keep_wait / 100 * factor + keep_wait % 100 * factor / 100))
  fi
  [ $keep_wait -gt "$cap_ms" ] && keep_wait=$cap_ms
  # Four digits of a fresh random uuid are a number below 65536.
  read -r wait_uuid </proc/sys/kernel/random/uuid
  wait_uuid=${wait_uuid#*-}
  wait_random=$((0x${wait_uuid%%-*} % 1000))
  wait_spread=$((keep_wait / 100 * jitter + keep_wait % 100 * jitter / 100))
  wait_ms=$((keep_wait - (wait_spread / 1000 * wait_random + wait_spread % 1000 * wait_random / 1000)))
  keep_seconds=$((wait_ms / 1000)).$(printf '%03d' $((wait_ms % 1000)))
  wait_tenths=$((uptime_tenths + (wait_ms + 50) / 100))
  keep_next=$((wait_tenths / 10)).$((wait_tenths % 10))
}

# What processes and commands that look at them shall not see: the log-in, and the keeper's own settings.
hide_knobs() {
  unset SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_AUTH_SOCK SSH_ORIGINAL_COMMAND SSH_PUBKEYINFO SSH_USER_AUTH
  unset GANTRY_KEEPER_DIR GANTRY_KEEPER_SH GANTRY_KEEPER_LOG_CAP GANTRY_KEEPER_TICK GANTRY_KEEPER_TIDY GANTRY_KEEPER_WAIT
  unset GANTRY_KEEPER_NO_FLOCK GANTRY_KEEPER_DRIVER INVOCATION_ID
}

# Becomes the process: child ID TOKEN RESTARTS [KEEPER]; KEEPER (pid.start) is there if it is a unit, which is no child of its keeper.
# Exit codes before it runs: 127 not found, 126 not executable, 125 no such cwd.
child() {
  child_dir=$root/processes/$1
  child_token=$2
  child_restarts=$3
  GANTRY_ID=$1
  GANTRY_TOKEN=$2
  export GANTRY_ID GANTRY_TOKEN
  hide_knobs
  # The spec sets any variable it likes, ours too. So it is read twice: here in a shell of its own, only to ask whether the
  # command can run, and once more at the very end, when nothing of ours is needed any longer.
  (
    set +u
    . "$child_dir/spec"
    case $1 in
      */*)
        [ -f "$1" ] || { printf 'gantry: %s: no such file\n' "$1" >&2 && exit 127; }
        [ -x "$1" ] || { printf 'gantry: %s: not executable\n' "$1" >&2 && exit 126; }
        ;;
      *) command -v -- "$1" >/dev/null || { printf 'gantry: %s: not found\n' "$1" >&2 && exit 127; } ;;
    esac
  ) || exit $?
  # Its keeper was killed: do not run without one.
  keeper_lives "$child_dir" && [ "${4:-$PPID.$keeper_start}" = "$keeper_pid.$keeper_start" ] || exit 74
  [ -z "${4:-}" ] || write_cgroup "$child_dir" "$child_token" || exit 74
  read_stat $$
  read -r child_started child_rest </proc/uptime
  write_whole "$child_dir/run" "$$ $stat_start $boot $child_token $child_started $child_restarts" || exit 74
  [ -e "$child_dir/check" ] && spawn_check "$1" "$child_token"
  exec 8>&- </dev/null # until here no other keeper can begin
  umask 022
  set +fu
  unset IFS
  . "$child_dir/spec"
  exec "$@"
}

# ---- health: a checker for each run that says how it is looked at. It belongs to the run, so whatever ends that ends it too ----

# Takes the first line of a check apart, `# KIND INTERVAL TIMEOUT HEALTHY UNHEALTHY START` with times in milliseconds, ->
# check_kind check_interval check_timeout check_healthy check_unhealthy check_grace. The lines below it set the words.
read_check() {
  set -- $1
  [ $# -eq 7 ] && [ "$1" = '#' ] || return 1
  case $2 in tcp | http | command) check_kind=$2 ;; *) return 1 ;; esac
  shift 2
  for check_word; do case $check_word in '' | *[!0-9]* | 0?* | ?????????*) return 1 ;; esac; done
  [ "$1" -ge 1000 ] && [ "$1" -le 86400000 ] && [ "$2" -ge 100 ] && [ "$2" -le 60000 ] && [ "$3" -ge 1 ] && [ "$3" -le 100 ] &&
    [ "$4" -ge 1 ] && [ "$4" -le 100 ] && [ "$5" -le 3600000 ] || return 1
  check_interval=$1 check_timeout=$2 check_healthy=$3 check_unhealthy=$4 check_grace=$5
}

# The health of the run that `observe` has found, from what its checker wrote -> health.
observe_health() {
  { read -r health_token health_pid health_ticks health <"$dir/health"; } 2>/dev/null || health_token=
  if [ "$health_token" != "$token" ]; then
    health="unknown $started looking"
  elif ! alive "$health_pid" "$health_ticks"; then
    # What was last seen is not what is.
    health="unknown $started gone"
  fi
}

# The environment says whose it is, as that of the run does: a sweep of the run finds it.
spawn_check() {
  (
    GANTRY_ID=$1 GANTRY_TOKEN=$2 GANTRY_KEEPER_DIR=$root GANTRY_KEEPER_SH=$shell
    export GANTRY_ID GANTRY_TOKEN GANTRY_KEEPER_DIR GANTRY_KEEPER_SH
    [ "$use_flock" ] || export GANTRY_KEEPER_NO_FLOCK=1
    spawn check "$1" "$2"
  )
}

# Starts checkers again that were killed. One that has not written a word within 10 s never will.
mend_checks() {
  list_ids
  for mend_id in $ids; do
    [ -e "$root/processes/$mend_id/check" ] || continue
    observe "$mend_id"
    case $state.$health in
      running.*' gone') spawn_check "$mend_id" "$token" ;;
      running.*' looking')
        read -r mend_now mend_rest </proc/uptime
        [ "$health_token" != "$token" ] && [ $((${mend_now%.*} - ${started%.*})) -gt 10 ] && spawn_check "$mend_id" "$token"
        ;;
    esac
  done
}

# check ID TOKEN: looks again and again, one look at a time, while the run with that token lives.
check() {
  check_id=$1 dir=$root/processes/$1
  { read -r check_pid check_ticks check_boot check_token check_started check_restarts <"$dir/run"; } 2>/dev/null || exit 75
  [ "$check_token" = "$2" ] || exit 75
  { read -r check_line <"$dir/check"; } 2>/dev/null && read_check "$check_line" || exit 64
  grab "$dir/check" 8 200 || exit 75
  read_stat $$
  check_self="$$ $stat_start"
  check_good=0 check_bad=0 check_health= check_code= check_told= check_tool= check_pause=100
  say_health unknown looking
  while :; do
    next_pause
    seconds_of $check_pause
    sleep "$seconds" 8>&-
    same_process "$check_pid" "$check_ticks" "$check_boot" || break
    [ "$check_tool" ] || choose_tool
    check_said=$(setsid "$shell" "$self" look "$1" "$check_tool" </dev/null 2>/dev/null 8>&-)
    # What was seen of something that has just died is of no use to anyone.
    same_process "$check_pid" "$check_ticks" "$check_boot" || break
    weigh
  done
  drop "$dir/check" 8
}

# Whether it may still be coming up: it has not been judged, and the time for that is not over.
coming_up() {
  [ "$check_health" = unknown ] || return 1
  read_uptime_tenths
  [ $((uptime_tenths - ${check_started%.*} * 10)) -lt $((check_grace / 100)) ]
}

# How long to wait before the next look -> check_pause: what comes up is looked at more often, so that a start is over soon.
next_pause() {
  if [ $check_pause = 100 ]; then
    check_pause=200
  elif coming_up; then
    check_pause=$((check_pause * 2))
    [ $check_pause -gt 1000 ] && check_pause=1000
  else
    check_pause=$check_interval
  fi
}

# Milliseconds $1 as what sleep takes -> seconds.
seconds_of() {
  seconds=$((1000 + $1 % 1000))
  seconds=$(($1 / 1000)).${seconds#1}
}

# Counts what a look said, `CODE` and a line of text, and says what comes of it. No word: it was cut off.
weigh() {
  weigh_code=${check_said%%"$newline"*} weigh_text=
  [ "$weigh_code" = "$check_said" ] || weigh_text=${check_said#*"$newline"}
  case ${weigh_code:=timeout} in
    ok)
      check_bad=0 check_good=$((check_good + 1))
      if [ $check_good -ge "$check_healthy" ]; then say_health healthy ok; fi
      ;;
    lacking)
      check_good=0 check_bad=0
      say_health unknown lacking "$weigh_text"
      ;;
    *)
      check_good=0
      coming_up && return
      check_bad=$((check_bad + 1))
      if [ $check_bad -ge "$check_unhealthy" ]; then say_health unhealthy "$weigh_code" "$weigh_text"; fi
      ;;
  esac
}

# Writes down and tells: health $1, why $2, in more words $3. Only what is new: the words alone may change with every look.
say_health() {
  [ "$check_health.$check_code.$check_told" = "$1.$2.1" ] && return
  if [ "$check_health" != "$1" ]; then read -r check_since check_rest </proc/uptime; fi
  check_health=$1 check_code=$2 check_told=1
  # On a full disk nothing shall stand there rather than what is no longer true.
  write_whole "$dir/health" "$check_token $check_self $1 $check_since $2${3:+ $3}" 2>/dev/null ||
    { check_told= && rm -f "$dir/health" "$dir/health.$$"; }
  notify "$check_id running - $check_pid $check_started - $check_restarts $1 $check_since $2${3:+ $3}"
}

# What there is to connect with -> check_tool; nothing if nothing is. Some bash cannot, and takes the address for a file.
choose_tool() {
  check_tool=
  if [ $check_kind = command ]; then check_tool=exec && return; fi
  if command -v bash >/dev/null; then
    case $(LC_ALL=C bash -c ': <>/dev/tcp/127.0.0.1/1' 2>&1 </dev/null) in
      *'No such file'*) ;;
      *) check_tool=bash && return ;;
    esac
  fi
  if [ $check_kind = http ] && command -v curl >/dev/null; then check_tool=curl && return; fi
  if command -v nc >/dev/null; then
    if [ $check_kind = http ]; then check_tool=nc && return; fi
    # Some busybox has no -z, but runs a program once it is connected.
    case $(nc -h 2>&1 </dev/null) in
      *ero-I/O*) check_tool='nc -z' && return ;;
      *'-e PROG'*) check_tool='nc -e' && return ;;
    esac
  fi
  if command -v python3 >/dev/null; then check_tool=python3; fi
}

# look ID TOOL: one look, in a session of its own. Prints a code and a line of text. Whatever is left after it, or after its
# time, is killed with it.
look() {
  dir=$root/processes/$1 look_tool=$2
  read_stat $$ && [ "$stat_group" = $$ ] || exit 64
  { read -r check_line <"$dir/check"; } 2>/dev/null && read_check "$check_line" || exit 64
  hide_knobs
  seconds_of "$check_timeout"
  (
    sleep "$seconds"
    kill -s KILL 0
  ) </dev/null >/dev/null 2>&1 &
  . "$dir/check"
  if [ "$look_tool" ]; then
    "look_$check_kind" "$@"
  elif [ $check_kind = http ]; then
    printf 'lacking\nbash curl nc python3\n'
  else
    printf 'lacking\nbash nc python3\n'
  fi
  kill -s KILL 0
}

# look_tcp HOST PORT
look_tcp() {
  if dial "$1" "$2" </dev/null >/dev/null 2>&1; then echo ok; else printf 'no-connection\n%s port %s\n' "$1" "$2"; fi
}

# look_http HOST PORT PATH LOW HIGH: the first line of the answer is all that is read of it.
look_http() {
  look_host=$1
  case $1 in *:*) look_host="[$1]" ;; esac
  if [ "$look_tool" = curl ]; then
    look_answer=$(
      curl -q -s -g --path-as-is --noproxy '*' --proto =http -o /dev/null -w 'HTTP/1.1 %{http_code}' -- \
        "http://$look_host:$2$3" 2>/dev/null
    )
    [ "$look_answer" = 'HTTP/1.1 000' ] && look_answer=
  else
    look_answer=$(
      printf 'GET %s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: Gantry\r\nAccept: */*\r\nConnection: close\r\n\r\n' \
        "$3" "$look_host" "$2" | dial "$1" "$2" 2>/dev/null | head -c 12
    )
  fi
  case $look_answer in
    'HTTP/1.'[01]' '[1-9][0-9][0-9])
      look_status=${look_answer#* }
      if [ "$look_status" -ge "$4" ] && [ "$look_status" -le "$5" ]; then echo ok; else echo "status-$look_status"; fi
      ;;
    '') printf 'no-answer\n%s port %s\n' "$1" "$2" ;;
    *) printf 'no-http\n%s port %s\n' "$1" "$2" ;;
  esac
}

# Connects to HOST PORT; for http sends what comes in and prints what comes back.
dial() {
  case $look_tool in
    bash)
      bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 1; [ "$3" = tcp ] || { cat >&3; head -c 12 <&3; }' dial "$1" "$2" $check_kind
      ;;
    python3)
      python3 -c 'import socket, sys
line = socket.create_connection((sys.argv[1], int(sys.argv[2])))
request = sys.stdin.buffer.read()
line.sendall(request)
while request:
    piece = line.recv(12)
    if not piece: break
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()' "$1" "$2"
      ;;
    'nc -e') nc "$1" "$2" -e true ;;
    *) $look_tool "$1" "$2" ;;
  esac
}

# look_command WORDS: in the directory and with the environment of the process. Of what it prints the beginning is told.
look_command() {
  exec 3>&1
  look_text=$(
    {
      (
        exec 3>&- </dev/null
        umask 022
        set +fu
        unset IFS
        look_around
        exec "$@"
      ) 2>&1
      look_code=$?
      [ $look_code -gt 255 ] && look_code=$((128 + look_code % 128)) # ksh says 256 + signal
      if [ $look_code = 0 ]; then echo ok >&3; else echo "exit-$look_code" >&3; fi
    } | {
      head -c 200 2>/dev/null | LC_ALL=C tr -c ' -~\200-\377' ' '
      cat >/dev/null
    }
  )
  printf '%s\n' "$look_text"
}

# A function has words of its own: those that the spec sets end with it.
look_around() { . "$dir/spec"; }

# One for the node while something is kept: caps the logs, and starts checkers again.
tidy() {
  grab "$root/tidy" 7 1 || exit 0
  set +f
  rm -f "$root"/processes/*/log.cut # of one that was killed
  set -f
  while :; do
    find "$root/processes" -name log -size +"$log_cap"c 2>/dev/null | while read -r tidy_log; do
      cut_log "${tidy_log%/log}"
    done
    sleep "$tidy_seconds" 7>&-
    mend_checks
    tidy_needed=
    list_ids
    for tidy_id in $ids; do
      keeper_lives "$root/processes/$tidy_id" && tidy_needed=1 && break
    done
    [ "$tidy_needed" ] || break
  done
  drop "$root/tidy" 7
}

# ---- the channel ----

# Prints what the fifo brings: ticks become heartbeats and snapshots, events go out as they are. All lines about states come
# from this one process, so what is printed later was seen later.
tell() {
  tell_last=never
  unsettled=1 kept= tell_ticks=0
  while read -r tell_word tell_rest <&5; do
    case $tell_word in
      tick)
        read -r tell_uptime tell_junk </proc/uptime
        tell_ticks=$((tell_ticks + 1))
        if [ $((tell_ticks % 30)) = 0 ] || ! calm; then
          take_snapshot
          if [ "$snapshot" != "$tell_last" ]; then
            tell_last=$snapshot
            print_snapshot S
            echo "Z $tell_uptime"
          fi
        fi
        echo "H $tell_uptime"
        ;;
      status)
        take_snapshot
        print_snapshot "A $tell_rest"
        echo "R $tell_rest 0 ok"
        ;;
      E)
        # An event may have waited in the fifo while a snapshot overtook it: the next tick says the truth again.
        unsettled=1 tell_last=never
        printf '%s\n' "E $tell_rest"
        ;;
      quit) exit 0 ;;
    esac || exit 0
  done
}

# What the node is -> node_init, node_shell: a word each; node_kernel: the rest of a line.
describe_node() {
  { read -r node_init node_rest </proc/1/comm; } 2>/dev/null || node_init=
  node_shell=$(readlink "/proc/$$/exe" 2>/dev/null)
  node_shell=${node_shell##*/}
  node_kernel=$(uname -srm 2>/dev/null)
  node_init=${node_init:--} node_shell=${node_shell%% *} node_kernel=${node_kernel:--}
  node_shell=${node_shell:--}
}

serve() {
  mkdir -p "$root/processes" "$root/watchers" || exit 73
  set +f
  for serve_fifo in "$root"/watchers/*; do
    serve_name=${serve_fifo##*/}
    alive "${serve_name%.*}" "${serve_name#*.}" || rm -f "$serve_fifo"
  done
  set -f
  read_stat $$
  serve_pid=$$ serve_start=$stat_start
  fifo=$root/watchers/$serve_pid.$serve_start
  mkfifo "$fifo" || exit 73
  exec 5<>"$fifo"
  (
    exec </dev/null >&5
    while alive $serve_pid "$serve_start"; do
      sleep "$tick_seconds"
      echo tick
    done
    echo quit # the server was killed: nobody else will tell the teller
    rm -f "$fifo"
  ) &
  ticker=$!
  (
    exec </dev/null
    tell
  ) &
  teller=$!
  trap 'kill $ticker $teller 2>/dev/null; rm -f "$fifo"; exit 0' EXIT HUP INT TERM PIPE
  choose_driver "${2:-AUTO}"
  describe_node
  read -r serve_uptime serve_rest </proc/uptime
  printf '%s\n' "GANTRY1 $1 $boot $serve_uptime $driver $why $node_init $node_shell $node_kernel"
  echo tick >&5
  while IFS= read -r serve_line; do
    eval "set -- $serve_line" # words quoted by the gateway
    serve_seq=$1 serve_verb=$2
    shift 2
    case $serve_verb in
      start)
        start_process "$1" "$2" "$3" "${4:-}"
        serve_code=$?
        if [ $serve_code = 99 ]; then
          (
            trap - EXIT HUP INT TERM PIPE
            await_start "$1"
            echo "R $serve_seq $? $answer"
          ) </dev/null 5>&- &
          [ "$use_flock" ] && exec 9>&- # the lock is the waiter's now
        else
          echo "R $serve_seq $serve_code $answer"
        fi
        ;;
      stop | remove)
        (
          trap - EXIT HUP INT TERM PIPE
          if [ $serve_verb = stop ]; then stop_process "$1" "$2" "$3"; else remove_process "$1"; fi
          echo "R $serve_seq $? $answer"
        ) </dev/null 5>&- &
        ;;
      log)
        (
          trap - EXIT HUP INT TERM PIPE
          read_log "$1" "$2" "$3" "$4"
          serve_code=$?
          print_log "$serve_seq"
          echo "R $serve_seq $serve_code $answer"
        ) </dev/null 5>&- &
        ;;
      seek | place | drop)
        (
          trap - EXIT HUP INT TERM PIPE
          "${serve_verb}_artifact" "$@"
          printf 'R %s %s %s\n' "$serve_seq" $? "$answer" # echo would read a backslash
        ) </dev/null 5>&- &
        ;;
      status) echo "status $serve_seq" >&5 ;;
      *) echo "R $serve_seq 64 refused" ;;
    esac
  done
}

verb=${1:-status}
[ $# -gt 0 ] && shift
case $verb in
  start)
    mkdir -p "$root/processes" "$root/watchers"
    start_process "$1" "${2:-never}" "$(cat)" "${3:-}"
    code=$?
    [ $code = 99 ] && { await_start "$1"; code=$?; }
    echo "$answer"
    exit $code
    ;;
  stop)
    stop_process "$1" "${2:-TERM}" "${3:-10000}"
    code=$?
    echo "$answer"
    exit $code
    ;;
  remove)
    remove_process "$1"
    code=$?
    echo "$answer"
    exit $code
    ;;
  status)
    take_snapshot
    print_snapshot S
    ;;
  log)
    if [ $# -eq 4 ]; then
      read_log "$@"
      code=$?
      print_log 0
      echo "$answer"
      exit $code
    fi
    valid_id "$1" && tail -c "${2:-65536}" "$root/processes/$1/log" ;;
  serve | keep | child | unit | tidy | check | look) "$verb" "$@" ;;
  *) exit 64 ;;
esac
