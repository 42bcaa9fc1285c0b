#!/bin/sh
# The programs that the tests use and pip does not bring: installed where we may, else named.
set -eu
missing=""
need() { command -v "$1" > /dev/null || missing="$missing $2"; }
need chromium chromium
need chromium-headless-shell chromium-headless-shell
need baresip baresip-core
need linphonec linphone-cli
need sipp sip-tester
need espeak-ng espeak-ng
need git git
need ip iproute2
need pebble pebble
need nft nftables
need systemd-analyze systemd
need debootstrap debootstrap
[ -x /usr/lib/openssh/sftp-server ] || missing="$missing openssh-sftp-server"
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || missing="$missing postgresql"
/sbin/ldconfig -p | grep -q libatomic.so.1 || missing="$missing libatomic1" # for the program that drives Chromium
[ -n "$missing" ] || exit 0
if ! command -v apt-get > /dev/null; then
  echo "The tests need these programs:$missing" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then root=""; elif sudo -n true 2> /dev/null; then root="sudo"; else
  echo "The tests need more programs. First: sudo apt install$missing" >&2
  exit 1
fi
echo "Programs for the tests: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -q > /dev/null
# shellcheck disable=SC2086 # a list of names
$root apt-get install -y -q --no-install-recommends $missing > /dev/null
