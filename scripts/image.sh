#!/usr/bin/env bash
# Builds the container image: image.sh [NAME:TAG]. Needs buildah or docker; nothing is pulled.
#
# The binary is linked statically against glibc, which resolves names by files and DNS without shared libraries from version 2.34 on.
# CARGO_PROFILE=dev builds faster, for a look at the image only.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

image=${1:-warmlambda:dev}
profile=${CARGO_PROFILE:-release}
host=$(rustc -vV | sed -n 's/^host: //p')
case $host in
  *-linux-gnu | *-linux-musl) ;;
  *) die "the image is for Linux, and this is $host: build it on Linux" ;;
esac
authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ -r "$authorities" ] || die "there are no certificates in $authorities: install ca-certificates, or set SSL_CERT_FILE"
builder=$(command -v buildah || command -v docker) || die "neither buildah nor docker is installed"

say "building a self-contained $profile binary for $host"
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" cargo build --locked --profile "$profile" --target "$host" --bin warmlambda
target=$(cargo metadata --format-version=1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
binary=$target/$host/${profile/#dev/debug}/warmlambda
if ldd "$binary" 2>&1 | grep -q '=>'; then die "$binary needs shared libraries: $(ldd "$binary")"; fi

context=$target/image
rm -rf "$context" && mkdir -p "$context"
cp Dockerfile "$binary" "$context/"
cp -L "$authorities" "$context/ca-certificates.crt"
chmod 755 "$context/warmlambda"
chmod 644 "$context/ca-certificates.crt"

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The commit's time and not the clock's, so that the same commit makes the same image.
created=$(git log -1 --format=%cI 2>/dev/null || date -u +%FT%TZ)
arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created" --tag "$image")
case $builder in
  */buildah) "$builder" bud --isolation chroot --timestamp "$(git log -1 --format=%ct 2>/dev/null || date +%s)" "${arguments[@]}" "$context" ;;
  */docker) "$builder" build "${arguments[@]}" "$context" ;;
esac
say "built $image"
