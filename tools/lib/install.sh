# Sourced by the tools: installs Debian packages that are missing.

# install_packages PACKAGE...
install_packages() {
  local missing=() package as_root=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >&2
}

# What the build needs.
build_packages=(
  pkg-config libsqlite3-dev libzstd-dev libssl-dev zlib1g-dev libxxhash-dev libisal-dev
  libmariadb-dev librdkafka-dev libmicrohttpd-dev libcurl4-openssl-dev
)

require_swift() {
  command -v swift >/dev/null || {
    echo "Swift 6.2 or later is needed: https://www.swift.org/install/linux/" >&2
    exit 4
  }
}
