#!/usr/bin/env bash
# Runs a command as the only work of a Linux kernel of its own, which is one process on this machine and has this machine's files:
# Debian's User Mode Linux, whose control groups are of version 2 alone. Needs root.
#
#   in-kernel-of-two.sh TARGET WORK COMMAND...
#
# TARGET keeps the kernel, from Debian's archive; WORK is for this run. Prints what the command printed and ends as it did, or with
# 77 when the kernel cannot be had or does not come as far as the command, 78 when it did not come to the command's end.
set -euo pipefail
target=$1 work=$2
shift 2
# For the archive's address.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../main/sh/install-runsc.sh"

# Of an older kernel, registers of newer processors are too large; and it needs the C library that it was built with.
fetch() {
  local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg fetched
  uri=$(plumbline_debian_uri) || return 1
  [ -r "$keyring" ] || return 1
  fetched=$(mktemp -d "$target.XXXXXX")
  mkdir -p "$fetched"/{sources.d,lists/partial,cache/archives/partial,packages,unpacked}
  cat > "$fetched/sources.d/sid.sources" << SOURCES
Types: deb
URIs: $uri
Suites: sid
Components: main
Signed-By: $keyring
SOURCES
  cat > "$fetched/apt.conf" << CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$fetched/sources.d";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::lists "$fetched/lists";
Dir::Cache "$fetched/cache";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
CONF
  (
    cd "$fetched/packages"
    export APT_CONFIG=$fetched/apt.conf
    apt-get update && apt-get download user-mode-linux/sid libc6/sid \
      && dpkg-deb -x libc6_*.deb ../unpacked \
      && dpkg-deb --fsys-tarfile user-mode-linux_*.deb | tar -x -C ../unpacked ./usr/bin/linux.uml
  ) >&2 || { rm -rf "$fetched"; return 1; }
  # Behind || a shell does not stop at what fails, and half a root would be taken for a whole one from then on.
  {
    mkdir -p "$fetched/root"/{usr/bin,lib64,lib/x86_64-linux-gnu,root/.uml,proc,dev,tmp,host} \
      && cp "$fetched/unpacked/usr/bin/linux.uml" "$fetched/root/usr/bin/" \
      && cp "$fetched"/unpacked/usr/lib/x86_64-linux-gnu/{libc.so.6,libm.so.6} "$fetched/root/lib/x86_64-linux-gnu/" \
      && cp "$fetched/unpacked/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$fetched/root/lib64/" \
      && mkdir -p "$target" && rm -rf "$target/root" && mv "$fetched/root" "$target/root"
  } >&2 || { rm -rf "$fetched"; return 1; }
  rm -rf "$fetched"
}

mkdir -p "$(dirname "$target")"
[ -x "$target/root/usr/bin/linux.uml" ] || fetch || exit 77

{
  echo '#!/bin/sh'
  echo 'export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root'
  echo 'mount -t proc proc /proc && mount -t cgroup2 none /sys/fs/cgroup || exit 1'
  printf '%q ' "$@"
  printf '> %q 2>&1\n' "$work/output"
  printf 'echo $? > %q\n' "$work/status"
} > "$work/init"
chmod +x "$work/init"

# The mounts are this run's own. A kernel whose first process has ended gives up, which is its way to end.
ulimit -c 0
unshare --mount bash -c '
  root=$1; shift
  mount --rbind / "$root/host" && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs tmp "$root/tmp" || exit 1
  # It keeps a folder of its own there, which has to exist.
  export HOME=/root
  exec timeout --signal=KILL 180 chroot "$root" /usr/bin/linux.uml "$@"
' boot "$target/root" mem=768M root=/dev/root rootfstype=hostfs rootflags=/host rw "init=$work/init" con=null con0=fd:0,fd:1 quiet panic=-1 \
  < /dev/null > "$work/boot.log" 2>&1 || true
cat "$work/output" 2> /dev/null || true
if [ ! -s "$work/status" ]; then
  tail -n 40 "$work/boot.log"
  [ -e "$work/output" ] || exit 77
  exit 78
fi
exit "$(cat "$work/status")"
