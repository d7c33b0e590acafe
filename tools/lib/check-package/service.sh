# In a Debian 12 that has booted: the service of the package runs, confined, under the real systemd.
set -euo pipefail
export LC_ALL=C.UTF-8
cd /check
fail() {
  echo "service.sh: $*"
  systemctl status --no-pager moaa || true
  journalctl --no-pager -u moaa | tail -n 40
  exit 3
}
# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
  local count
  for ((count = 0; count < 300; count++)); do
    "${@:2}" >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "waited in vain: $1"
}
listens() { [ -S /run/moaa/raw.sock ] && systemctl is-active moaa; }
has_hours() { moaa hours --store /var/lib/moaa/moaa.store --format csv | cmp - hours.csv; }

[ "$(systemctl is-enabled moaa || true)" = disabled ] || fail "the package enabled the service"
[ "$(systemctl is-active moaa || true)" = inactive ] || fail "the package started the service"
systemd-analyze verify /lib/systemd/system/moaa.service || fail "systemd-analyze verify"

# Into a database that knows it by its user, as moaa.conf has it, and to brokers that are away.
systemctl start mariadb || fail "MariaDB does not start"
mariadb -e 'CREATE DATABASE weather; CREATE USER moaa@localhost IDENTIFIED VIA unix_socket;
  GRANT SELECT, INSERT, UPDATE, CREATE ON weather.* TO moaa@localhost'
sed -i -e 's/^MOAA_OPTIONS=.*/MOAA_OPTIONS="--metrics 9464 --idle 2s --mysql env --kafka env"/' \
  -e 's/^#MOAA_MYSQL=/MOAA_MYSQL=/; s/^#MOAA_KAFKA=/MOAA_KAFKA=/' /etc/moaa/moaa.conf
systemctl start moaa || fail "does not start"
wait_for "a socket" listens
systemd-analyze security --no-pager moaa | tail -n 1

# Only members of the group moaa may feed it.
adduser --quiet --system stranger
adduser --quiet --system feeder
adduser --quiet feeder moaa
! runuser -u stranger -- moaa feed noaa --to /run/moaa/raw.sock --speed max 2>refusal || fail "anybody may feed"
runuser -u feeder -- moaa feed noaa --to /run/moaa/raw.sock --speed max || fail "cannot be fed"
wait_for "the hours of moaa run" has_hours
sent() { [ "$(mariadb -Ne 'SELECT COUNT(*) FROM weather.real_time_tmp_by_hour')" = $(($(wc -l <hours.csv) - 1)) ]; }
wait_for "the hours in MariaDB" sent
runuser -u moaa -- moaa sync mysql --check --store /var/lib/moaa/moaa.store \
  --mysql "$(sed -n 's/^MOAA_MYSQL=//p' /etc/moaa/moaa.conf)" || fail "other hours in MariaDB"
asked() { journalctl --no-pager -u moaa | grep 'kafka.*localhost.*Connection refused'; }
wait_for "an attempt to reach brokers" asked
# The figures for Prometheus, in a shell's own words: curl is not here.
exec 3<>/dev/tcp/127.0.0.1/9464
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
grep -a moaa_received_records_total <&3 | tail -n 1 || fail "no figures"
# But for the one line that moaa.service tells of.
! journalctl --no-pager -u moaa | grep -v 'thread priority.*errno=13' | grep -i 'failed to\|denied\|not permitted' || fail "something was missed"

# What systemd really took away from it.
pid=$(systemctl show -P MainPID moaa)
grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status"
grep -qE '^CapBnd:\s0+$' "/proc/$pid/status" || fail "has capabilities"
grep -qE '^Seccomp:\s2$' "/proc/$pid/status" || fail "has no filter of system calls"
[ "$(stat -c %U:%a /proc/$pid/root/var/lib/moaa/moaa.store)" = moaa:640 ] || fail "rights of the store"
nsenter --mount --target "$pid" findmnt -n -o OPTIONS --target /usr | grep -qE '(^|,)ro(,|$)' || fail "/usr can be written"

# Killed, it goes on; told to stop, it ends well.
restarts() { [ "$(systemctl show -P NRestarts moaa)" = "$1" ]; }
systemctl kill --signal=KILL moaa
wait_for "another start after a kill" restarts 1
wait_for "a socket after a kill" listens
systemctl stop moaa
[ "$(systemctl is-failed moaa)" != failed ] || fail "a stop counts as a failure"
journalctl --no-pager -u moaa | grep -q "moaa.service: Deactivated successfully" || fail "a stop counts as no success"
has_hours || fail "other hours after a kill"

# A command line that makes no sense is not tried again and again.
sed -i 's/^MOAA_OPTIONS=.*/MOAA_OPTIONS="--nonsense"/' /etc/moaa/moaa.conf
systemctl start moaa || true
failed() { [ "$(systemctl is-failed moaa)" = failed ]; }
wait_for "a failure" failed
sleep 6
failed && restarts 0 || fail "a wrong command line is tried again"
sed -i 's/^MOAA_OPTIONS=.*/MOAA_OPTIONS=""/' /etc/moaa/moaa.conf
systemctl reset-failed moaa

# Enabled by the user, it stays so over an upgrade, and runs on.
systemctl enable --quiet --now moaa
wait_for "a socket again" listens
before=$(systemctl show -P MainPID moaa)
dpkg -i moaa.deb >/dev/null
wait_for "a socket after an upgrade" listens
[ "$(systemctl show -P MainPID moaa)" != "$before" ] || fail "the old program runs after an upgrade"
[ "$(systemctl is-enabled moaa)" = enabled ] || fail "an upgrade disabled the service"

dpkg -r moaa >/dev/null
[ ! -e "/proc/$(systemctl show -P MainPID moaa)/exe" ] || fail "runs after its removal"
! getent passwd moaa >/dev/null || [ -f /var/lib/moaa/moaa.store ] || fail "a removal took the data"
dpkg -P moaa >purge.log 2>&1
grep -o '/var/lib/moaa holds data and is kept.*' purge.log || fail "a purge says nothing of the data"
[ -f /var/lib/moaa/moaa.store ] || fail "a purge took the data"
[ -z "$(ls -d /etc/moaa /etc/systemd/system/*.wants/moaa.service /etc/systemd/system/moaa.service 2>/dev/null)" ] ||
  fail "a purge left settings"

# Without data nothing is left, also of a group that others have joined.
rm -r /var/lib/moaa
dpkg -i moaa.deb >/dev/null
dpkg -P moaa >purge.log 2>&1
! grep '^moaa:\|deluser\|delgroup' purge.log || fail "a purge complains"
! grep moaa /etc/passwd /etc/group || fail "a purge left the user"
touch done
