#!/usr/bin/env bash
# ./run.sh fuzz: random input for what must never panic. It gets what is missing and says so.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
targets=(lexer parser expansion line_discipline)

say() { printf 'pollux: %s\n' "$*" >&2; }

usage() {
  cat <<END
usage: ./run.sh fuzz [TARGET] [SECONDS]    every target, or one, for so long each (60 without SECONDS)
       ./run.sh fuzz --minimize [TARGET]   takes from the corpus what adds nothing

targets: ${targets[*]}

What a target finds is in fuzz/artifacts/TARGET; what is worth keeping goes to fuzz/corpus/TARGET, which the ordinary
tests replay. Needed are a nightly compiler and cargo-fuzz, which are installed when they are missing (unless
POLLUX_NO_INSTALL is set to anything).
END
}

# need WHAT COMMAND: installs what is missing, or says how to.
need() {
  if [ -z "${POLLUX_NO_INSTALL-}" ]; then
    say "$1 is missing; installing it: $2"
    if bash -c "$2" </dev/null >&2; then return; fi
    say "that failed"
  fi
  say "$1 is missing; to install it, type: $2"
  exit 250
}

minimize=''
if [ "${1-}" = --minimize ]; then minimize=1 && shift; fi
case ${1-} in
  -h | --help) usage && exit ;;
  '' | *[!0-9]*) ;;
  *) set -- '' "$1" ;; # seconds alone
esac
if [ -n "${1-}" ]; then
  if [[ " ${targets[*]} " != *" $1 "* ]]; then
    say "there is no target $1; there are: ${targets[*]}"
    exit 250
  fi
  targets=("$1")
fi
seconds=${2-60}
case $seconds in
  '' | *[!0-9]*) say "$seconds: not a number of seconds" && exit 250 ;;
esac

if ! rustup toolchain list | grep -q '^nightly'; then
  need 'a nightly compiler' 'rustup toolchain install nightly --profile minimal'
fi
if ! command -v cargo-fuzz >/dev/null; then need cargo-fuzz 'cargo install cargo-fuzz --locked'; fi

# No sanitizer: there is no unsafe code in what is fuzzed, and it is much faster without.
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target"
  if [ -n "$minimize" ]; then
    say "minimizing the corpus of $target"
    # By what code they reach alone: what counts how often it is reached would keep thousands.
    cargo +nightly fuzz cmin --sanitizer none "$target" -- -use_counters=0
  else
    say "fuzzing $target for $seconds seconds"
    cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=4096 -timeout=20
  fi
done
