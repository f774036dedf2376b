#!/usr/bin/env bash
# Installs gVisor's runsc into a directory, from Debian's archive, without touching the system's packages or apt sources.
#
#   install-runsc.sh TARGET            -> TARGET/runsc
#   . install-runsc.sh; install_runsc TARGET
#
# Debian 12's own runsc is too old (no systrap, broken statx), so trixie's is taken; it is one static binary. The archive
# address is the one this machine already uses for Debian; apt checks the signatures with Debian's own keyring.

# The archive address of the first entry of this machine that offers Debian's own suites.
plumbline_debian_uri() {
  local file uri
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    # A deb822 stanza that is signed by Debian's keyring and is not the security archive.
    uri=$(awk 'BEGIN { RS=""; FS="\n" }
      {
        uri = ""; debian = 0; security = 0; enabled = 1
        for (i = 1; i <= NF; i++) {
          if ($i ~ /^URIs:/) { split($i, words, /[ \t]+/); uri = words[2] }
          if ($i ~ /^Suites:.*-security/) security = 1
          if ($i ~ /^Suites:.*(bookworm|trixie|sid|stable|testing|unstable)/) debian = 1
          if ($i ~ /^Enabled:[ \t]*no/) enabled = 0
        }
        if (uri != "" && debian && !security && enabled) { print uri; exit }
      }' "$file")
    if [ -n "$uri" ]; then printf '%s\n' "$uri"; return 0; fi
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -r "$file" ] || continue
    uri=$(awk '$1 == "deb" {
        at = 2
        if ($2 ~ /^\[/) { while ($at !~ /\]$/) at++; at++ }
        if ($(at + 1) ~ /^(bookworm|trixie|sid|stable|testing|unstable)/ && $(at + 1) !~ /-security/) { print $at; exit }
      }' "$file")
    if [ -n "$uri" ]; then printf '%s\n' "$uri"; return 0; fi
  done
  return 1
}

# install_runsc TARGET: 0 when TARGET/runsc is there and runs.
install_runsc() {
  local target=$1 uri work keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  if [ -x "$target/runsc" ] && "$target/runsc" --version >/dev/null 2>&1; then return 0; fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "runsc: apt-get and dpkg-deb are needed to fetch it; or install runsc yourself and put it on PATH" >&2
    return 1
  fi
  if [ ! -r "$keyring" ]; then
    echo "runsc: $keyring is missing (package debian-archive-keyring): its signature could not be checked" >&2
    return 1
  fi
  if ! uri=$(plumbline_debian_uri); then
    echo "runsc: no Debian archive among this machine's apt sources; install runsc yourself and put it on PATH" >&2
    return 1
  fi
  mkdir -p "$target" || return 1
  work=$(mktemp -d "${TMPDIR:-/tmp}/runsc-install.XXXXXX") || return 1
  mkdir -p "$work/sources.d" "$work/lists/partial" "$work/cache/archives/partial" "$work/package"
  cat >"$work/sources.d/trixie.sources" <<SOURCES
Types: deb
URIs: $uri
Suites: trixie
Components: main
Signed-By: $keyring
SOURCES
  cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources.d";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
CONF
  # apt-get update answers 0 for a source that it could not reach; the download below is what has to work.
  if (cd "$work/package" \
      && APT_CONFIG="$work/apt.conf" apt-get update >"$work/log" 2>&1 \
      && APT_CONFIG="$work/apt.conf" apt-get download runsc/trixie >>"$work/log" 2>&1 \
      && dpkg-deb -x runsc_*.deb "$work/unpacked" >>"$work/log" 2>&1) \
    && install -m 0755 "$work/unpacked/usr/bin/runsc" "$target/.runsc.new" \
    && "$target/.runsc.new" --version >/dev/null 2>&1 \
    && mv -f "$target/.runsc.new" "$target/runsc"; then
    rm -rf "$work"
    return 0
  fi
  echo "runsc: could not be fetched from $uri:" >&2
  tail -n 5 "$work/log" >&2
  rm -rf "$work" "$target/.runsc.new"
  return 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  if [ $# -ne 1 ]; then echo "usage: install-runsc.sh TARGET" >&2; exit 64; fi
  install_runsc "$1"
fi
