#!/bin/sh
# Builds the guest program: build.sh OUT. It is static because the sandbox's root need not match the host's libraries.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
compiler=${CC:-gcc}
command -v "$compiler" >/dev/null || { echo "plumbline-guest: $compiler is needed to build it (package gcc)" >&2; exit 1; }
mkdir -p "$(dirname "$1")"
# What `plumbline-guest version` prints; the daemon takes no program but the one of its own sources (GuestProgram.java).
build=$(cd "$here" && LC_ALL=C && export LC_ALL && cat *.c *.h | sha256sum | cut -c 1-16)
"$compiler" -std=gnu11 -static -O2 -s -Wall -Wextra -Werror -DPLUMBLINE_BUILD="\"$build\"" -o "$1.new" "$here"/*.c
mv -f "$1.new" "$1"
