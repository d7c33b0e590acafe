#!/usr/bin/env bash
# Shows that a package works: check-package.sh PACKAGE. tools/package --check runs it, as root.
#
# The package is made a second time and must be the same; lintian looks at it; a clean Debian 12, made by
# debootstrap, gets it, uses it and purges it (check-package/use.sh); then that Debian is booted, and its
# systemd runs the service (check-package/service.sh). The clean Debian is kept in .venv/debian.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tools/lib/install.sh"
package=$(realpath "$1")
export DEBIAN_FRONTEND=noninteractive
install_packages debootstrap lintian systemd-container
work=$(mktemp -d)
clean=$work/debian
# Whoever ends this ends what it started: the namespaces' processes go with their first one.
trap 'rm -rf --one-file-system "$work"' EXIT
say() { echo "== $*" >&2; }

say "made again, as another user would, it is the same"
# Linked again, too.
rm -f "$(swift build --package-path "$root" -c release --show-bin-path)/moaa"
(umask 077 && cd / && TZ=Asia/Tokyo LANG=C.UTF-8 "$root/tools/package" --out "$work/again" \
  --version "$(dpkg-deb -f "$package" Version)" >/dev/null)
cmp "$package" "$work/again/$(basename "$package")"

say "lintian"
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$package"

base=$root/.venv/debian/bookworm.tar
if [ ! -f "$base" ]; then
  mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
  [ -n "$mirror" ] || { echo "tools/package --check: apt knows no mirror of Debian 12" >&2 && exit 4; }
  say "a clean Debian 12"
  debootstrap --variant=minbase bookworm "$clean" "$mirror" >"$work/debootstrap.log" 2>&1 || {
    tail -n 20 "$work/debootstrap.log" >&2
    exit 4
  }
  mkdir -p "$(dirname "$base")"
  tar -C "$clean" -cf "$base.part" .
  mv "$base.part" "$base"
  rm -rf "$clean"
fi
mkdir "$clean"
tar -C "$clean" -xf "$base"
cp /etc/resolv.conf "$clean/etc/resolv.conf"
# As Debian's installer writes it; debootstrap does not.
printf '127.0.0.1 localhost\n::1 localhost\n' >"$clean/etc/hosts"
mkdir "$clean/check"
cp "$package" "$clean/check/moaa.deb"
cp "$root"/tools/lib/check-package/* "$clean/check"

say "installed, used and purged"
# Mounts and processes are gone when it ends.
timeout --foreground 900 unshare --mount --pid --fork --kill-child sh -ec \
  'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$1" bash /check/use.sh' sh "$clean"

say "booted: the service, under its systemd"
nspawn=(systemd-nspawn --quiet --register=no --private-network --console=pipe --directory="$clean" --boot)
groups=()
if [ ! -d /run/systemd/system ]; then
  # Without a systemd of this machine nspawn stays in the cgroup that it finds: one of its own.
  nspawn+=(--keep-unit)
  for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -f "$hierarchy/cgroup.procs" ] && groups+=("$hierarchy/moaa-check.$$")
  done
fi
# It ends the Debian with the status of the check.
bash -c 'for group in "${@:2:$1}"; do mkdir "$group" && echo $$ >"$group/cgroup.procs"; done
  shift $(($1 + 1)); exec timeout --foreground 300 "$@"' bash ${#groups[@]} "${groups[@]}" \
  "${nspawn[@]}" systemd.unit=moaa-check.service </dev/null >"$work/boot.log" 2>&1 && status=0 || status=$?
for group in "${groups[@]}"; do find "$group" -depth -type d -exec rmdir {} + || true; done
cat "$clean/check/service.log" >&2 || cat "$work/boot.log" >&2
[ "$status" = 0 ] && [ -f "$clean/check/done" ] || {
  tail -n 20 "$work/boot.log" >&2
  echo "tools/package --check: the service failed there, or that Debian did not boot (status $status)" >&2
  exit 3
}
say "all is well"
