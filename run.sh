#!/usr/bin/env bash
# Pollux: ./run.sh --help tells what it does. This script looks for what is missing, builds the
# launcher (tests/) and becomes it; everything else is there.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'pollux: %s\n' "$*" >&2; }

# missing WHAT COMMAND...: gets what is missing by the command, or says how to get it and stops.
missing() {
  local what=$1 && shift
  if [ -z "${POLLUX_NO_INSTALL-}" ]; then
    say "$what is missing; installing it: $*"
    if (set -e; for step in "$@"; do bash -c "$step" </dev/null >&2; done); then return; fi
    say "that failed"
  fi
  say "$what is missing; to install it, type:"
  printf '  %s\n' "$@" >&2
  exit 250
}

# debian PACKAGE WHAT: installs a package of Debian or Ubuntu, if this is one and we may.
debian() {
  local sudo='' install="apt-get install -y --no-install-recommends $1"
  if [ "$(id -u)" != 0 ]; then sudo='sudo '; fi
  if ! command -v apt-get >/dev/null; then
    say "$2 is missing; install it with your system's package manager"
    exit 250
  fi
  if [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; then POLLUX_NO_INSTALL=1; fi
  missing "$2" "${sudo}apt-get update" "${sudo}$install"
}

if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi
if ! command -v cargo >/dev/null; then
  say 'Rust is missing; to install it, type:'
  say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  exit 250
fi
if [ "${1-}" = fuzz ]; then
  shift
  exec "$root/fuzz/run.sh" "$@"
fi
version=$(cd "$root" && rustc --version | cut -d ' ' -f 2)
if [ "$(printf '%s\n' 1.95.0 "$version" | sort -V | head -n 1)" != 1.95.0 ]; then
  say "Rust 1.95 or newer is needed, and this is $version; type: rustup update stable"
  exit 250
fi

case "${1-} ${2-}" in
  'host '* | 'bench executor' | 'bench --vs-host' | '-h '* | '--help '*) ;;
  *)
    libraries=$(cd "$root" && rustc --print sysroot)/lib/rustlib/x86_64-unknown-none/lib
    if [ ! -d "$libraries" ]; then
      missing 'the Rust target x86_64-unknown-none' 'rustup target add x86_64-unknown-none'
    fi
    if ! command -v "${POLLUX_QEMU:-qemu-system-x86_64}" >/dev/null; then
      debian qemu-system-x86 qemu-system-x86_64
    fi
    for argument in "$@"; do
      if [ "$argument" = -- ]; then break; fi
      if [ "$argument" = --display ] &&
        ! "${POLLUX_QEMU:-qemu-system-x86_64}" -display help 2>/dev/null | grep -Eq '^(gtk|sdl)'; then
        debian qemu-system-gui "QEMU's window"
      fi
    done
    if [ "${1-}" = test ] && ! command -v shellcheck >/dev/null; then debian shellcheck shellcheck; fi
    ;;
esac

target=${CARGO_TARGET_DIR:-$root/target}
(cd "$root" && cargo build -p pollux-tests --bin pollux 2>&1 </dev/null) |
  { grep -Ev '^ *(Finished|Blocking) ' || true; } >&2 || { say 'building the launcher failed'; exit 250; }

POLLUX_ROOT=$root exec "$target/debug/pollux" "$@"
