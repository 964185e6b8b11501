#!/usr/bin/env bash
# Builds the self-contained binary that goes into the image, and prints the folder that holds it and what Cargo said of it:
# warmlambda, artifacts.json, metadata.json, target. Nothing but crates is fetched.
#
# - Statically linked against glibc. It resolves names by /etc/hosts and DNS without shared libraries from version 2.34 on, as a pod
#   has them; `make check-image` sees it do so.
# - The crates it was made from are listed in the section .dep-v0, where scanners of images look for them.
# - No path of this machine is in it, so that the same commit makes the same binary in any folder.
#
# CARGO_PROFILE=dev builds faster, for a look at the image only.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

profile=${CARGO_PROFILE:-release}
host=$(rustc -vV | sed -n 's/^host: //p')
case $host in
  *-linux-gnu | *-linux-musl) ;;
  *) die "the image is for Linux, and this is $host: build it on Linux" ;;
esac
command -v objcopy >/dev/null || die "objcopy is not installed: install binutils"
cargo fetch --locked >&2
target=$(cargo metadata --format-version=1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
folder=$target/self-contained
rm -rf "$folder" && mkdir -p "$folder"
printf '%s\n' "$host" >"$folder/target"
cargo metadata --format-version=1 --locked --offline >"$folder/metadata.json"

build() (
  # Panics and assertions name their source file. The last one that matches is taken.
  flags=(-C target-feature=+crt-static)
  c_flags=''
  for path in "$target=/target" "$PWD=/warmlambda" "${CARGO_HOME:-$HOME/.cargo}=/cargo"; do
    flags+=("--remap-path-prefix=$path")
    c_flags+=" -ffile-prefix-map=$path"
  done
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; printf '%s' "${flags[*]}")
  export CARGO_ENCODED_RUSTFLAGS CFLAGS="${CFLAGS:-}$c_flags"
  cargo build --locked --offline --profile "$profile" --target "$host" --package warmlambda --bin warmlambda \
    --message-format=json-render-diagnostics >"$folder/artifacts.json"
)
say "building a self-contained $profile binary for $host"
build
binary=$target/$host/${profile/#dev/debug}/warmlambda
if ldd "$binary" 2>&1 | grep -q '=>'; then die "$binary needs shared libraries: $(ldd "$binary")"; fi

cargo run --quiet --locked --offline --package warmlambda-image -- inventory --artifacts "$folder/artifacts.json" \
  --metadata "$folder/metadata.json" --lock Cargo.lock --target "$host" >"$folder/crates.zlib"
objcopy --add-section ".dep-v0=$folder/crates.zlib" --set-section-flags .dep-v0=readonly "$binary" "$folder/warmlambda"
printf '%s\n' "$folder"
