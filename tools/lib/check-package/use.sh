# In a clean Debian 12: the package is installed, used as a new user would, and purged.
set -euo pipefail
exec </dev/null
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
cd /check
fail() { echo "use.sh: $*" >&2 && exit 3; }
install() { apt-get install -y -qq --no-install-recommends "$@" >apt.log 2>&1 || { cat apt.log >&2 && exit 4; }; }

apt-get update -qq
install ./moaa.deb
[ "$(moaa --version)" = "moaa $(dpkg-query -W -f '${Version}' moaa)" ] || fail "another version"
moaa doctor --format csv
! moaa doctor --format csv | grep wrong || fail "the doctor finds something wrong"
moaa sample --out noaa --stations 5 --days 3
moaa run noaa --format csv --store run.store >hours.csv
[ "$(wc -l <hours.csv)" -gt 70 ] || fail "few hours"
moaa replay --verify --store run.store >/dev/null
# The whole pipeline gives the same figures.
moaa up noaa --speed max --until-fed --store up.store 2>up.log || { cat up.log >&2 && exit 3; }
moaa hours --store up.store --format csv | cmp - hours.csv

install man-db bash-completion zsh
for page in $(moaa man --list); do
  man --warnings "$page" >page.txt 2>page.errors </dev/null
  [ ! -s page.errors ] || { cat page.errors >&2 && fail "man $page"; }
  grep -q "^NAME" page.txt || fail "man $page shows nothing"
done
# Not by its script: by what Debian's shells load of themselves.
bash -c 'source /usr/share/bash-completion/bash_completion; _completion_loader moaa; complete -p moaa' |
  grep -qx 'complete -F _moaa moaa' || fail "bash has no completion"
zsh -f -c 'autoload -Uz compinit; compinit -u -D; print $_comps[moaa]' | grep -qx _moaa || fail "zsh has no completion"
mkdir functions
for line in 'moaa sync kafka pul' 'moaa hours --format j' 'moaa run hours.c'; do
  zsh -f complete.zsh /check /usr/bin/zsh "$line"
done >completed.txt
printf 'moaa sync kafka pull \nmoaa hours --format json \nmoaa run hours.csv \n' | diff completed.txt - ||
  fail "zsh completes something else"

getent passwd moaa >/dev/null || fail "no user moaa"
dpkg -P moaa >/dev/null
# What man keeps of pages that were shown is man's.
left=$(find / -xdev \( -path /proc -o -path /check -o -path /var/cache/man \) -prune -o -iname '*moaa*' -print)
[ -z "$left" ] || fail "a purge left $left"
! grep moaa /etc/passwd /etc/group /etc/shadow || fail "a purge left the user"

# For what comes next: the same Debian, booted, with a database. Until then nothing is started here.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
install systemd systemd-sysv dbus mariadb-server
install ./moaa.deb
rm /usr/sbin/policy-rc.d
cp moaa-check.service /etc/systemd/system/
