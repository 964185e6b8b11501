#!/usr/bin/env bash
# Builds the container image: image.sh [NAME:TAG]. Needs buildah or docker; nothing is pulled, and nothing but crates is fetched.
#
# IMAGE_SOURCE   URL of the repository, for the labels; without it there is no label for it
# IMAGE_FOLDER   gets a copy of what is in the image and its bill of materials (CycloneDX); default: image/ in Cargo's target folder
#
# With buildah the same commit makes the same image, digest and all, wherever compiler, C library and buildah are the same.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

image=${1:-warmlambda:dev}
builder=$(command -v buildah || command -v docker) || die "neither buildah nor docker is installed"
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The commit's time and not the clock's, so that the same commit makes the same image.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)

binary=$(scripts/static-binary.sh)
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
cargo metadata --format-version=1 --locked --offline >"$metadata"
folder=${IMAGE_FOLDER:-$(sed -E 's/.*"target_directory":"([^"]*)".*/\1/' "$metadata")/image}
# What does not go into the image runs on this machine, and is not optimised.
packing() { cargo run --quiet --locked --offline --package warmlambda-image -- "$@"; }

rm -rf "$folder" && mkdir -p "$folder"
cp Dockerfile "$binary" "$folder/"
packing authorities >"$folder/ca-certificates.crt"
chmod 755 "$folder/warmlambda"
chmod 644 "$folder/ca-certificates.crt"

# What is linked in besides crates. Debian mends its C library under one version of upstream: scanners need to know which.
c_library() {
  local version
  if version=$(dpkg-query -W -f='${source:Version}' libc6-dev 2>/dev/null); then
    printf 'glibc %s LGPL-2.1-or-later pkg:deb/debian/glibc@%s' "$version" "${version/+/%2B}"
  else
    version=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
    printf 'glibc %s LGPL-2.1-or-later pkg:generic/glibc@%s' "$version" "$version"
  fi
}
rust=$(rustc -V | cut -d' ' -f2)
packing bill "$folder/warmlambda" --metadata "$metadata" --lock Cargo.lock --created "$created" \
  --linked "$(c_library)" --linked "rust-std $rust MIT_OR_Apache-2.0 pkg:generic/rust-std@$rust" >"$folder/warmlambda.cdx.json"

arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created" --tag "$image")
if [ -n "${IMAGE_SOURCE:-}" ]; then
  arguments+=(--label "org.opencontainers.image.source=$IMAGE_SOURCE" --label "org.opencontainers.image.url=$IMAGE_SOURCE")
  arguments+=(--label "org.opencontainers.image.documentation=$IMAGE_SOURCE/blob/$revision/docs/README.md")
fi
case $builder in
  */buildah) "$builder" bud --quiet --isolation chroot --identity-label=false --timestamp "$SOURCE_DATE_EPOCH" "${arguments[@]}" "$folder" ;;
  */docker) "$builder" build "${arguments[@]}" "$folder" ;;
esac
say "built $image; what is in it, and its bill of materials, are in $folder"
