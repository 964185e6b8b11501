#!/usr/bin/env bash
# Builds the image of the last commit in two folders, compares the two, looks at what is in it and runs it: check-image.sh
#
# Needs root, buildah, git, iproute2, openssl and binutils. Everything after the builds happens in a network namespace of its own, in
# which nothing but this machine can be reached.
#
# BUILDS=1   build it once, and compare nothing
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'check-image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || die "a network namespace and a root of its own need root: run it with sudo --preserve-env"
for tool in buildah git ip openssl readelf setpriv tar unshare; do
  command -v "$tool" >/dev/null || die "$tool is not installed"
done
[ -z "$(git status --porcelain)" ] || die "the image is that of the last commit: commit what is open first"

export IMAGE_SOURCE=${IMAGE_SOURCE:-https://example.com/warmlambda}
target=$(cargo metadata --format-version=1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
work=$target/check-image
rm -rf "$work" && mkdir -p "$work"

# Builds the image of a folder, and leaves in $work what it is made of and its OCI layout.
build() {
  local name=$1 folder=$2 start=$SECONDS
  IMAGE_FOLDER=$work/$name "$folder/scripts/image.sh" "warmlambda:check-$name" >/dev/null
  buildah push --quiet "warmlambda:check-$name" "oci:$work/$name-layout:check"
  buildah rmi "warmlambda:check-$name" >/dev/null
  say "built in $((SECONDS - start)) s: $(digest "$name")"
}
digest() { sed -E 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\1/' "$work/$1-layout/index.json"; }

build first "$PWD"
if [ "${BUILDS:-2}" != 1 ]; then
  other=$work/in/another/folder
  git clone --quiet --no-hardlinks "$PWD" "$other"
  CARGO_TARGET_DIR=$work/elsewhere build second "$other"
  for file in warmlambda warmlambda.cdx.json ca-certificates.crt; do
    cmp "$work/first/$file" "$work/second/$file" || die "$file depends on the folder it is built in"
  done
  [ "$(digest first)" = "$(digest second)" ] || die "the same files made two images: $(digest first) and $(digest second)"
  say "two folders, one image"
fi

KUBEBUILDER_ASSETS=$(scripts/control-plane.sh)
export KUBEBUILDER_ASSETS IMAGE_FOLDER=$work/first IMAGE_LAYOUT=$work/first-layout
cargo test --quiet --locked --test image --no-run
# kube-apiserver wants an address that is not the loopback's, and a route; both lead back to this machine.
unshare --net -- bash -c 'ip link set lo up && ip address add 192.0.2.1 dev lo && ip route add default dev lo && exec cargo test --quiet --locked --offline --test image -- --ignored --show-output'
