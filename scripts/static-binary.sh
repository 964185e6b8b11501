#!/usr/bin/env bash
# Builds the self-contained binary that goes into the image, and prints its path. Nothing but crates is fetched.
#
# - Statically linked against glibc. It resolves names by /etc/hosts and DNS without shared libraries from version 2.34 on, as a pod
#   has them; `make check-image` sees it do so in an empty root.
# - The crates it was made from are listed in the binary itself (cargo auditable), where scanners of images look for them.
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
target=$(cargo metadata --format-version=1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
auditable=$(scripts/tools.sh cargo-auditable)

# Panics and assertions name their source file. The last one that matches is taken.
folders=("$target=/target" "$PWD=/warmlambda" "${CARGO_HOME:-$HOME/.cargo}=/cargo")
flags=(-C target-feature=+crt-static)
c_flags=''
for folder in "${folders[@]}"; do
  flags+=("--remap-path-prefix=$folder")
  c_flags+=" -ffile-prefix-map=$folder"
done
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; printf '%s' "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS CFLAGS="${CFLAGS:-}$c_flags"

say "building a self-contained $profile binary for $host"
cargo fetch --locked >&2
"$auditable" auditable build --locked --offline --profile "$profile" --target "$host" --package warmlambda --bin warmlambda >&2
binary=$target/$host/${profile/#dev/debug}/warmlambda
if ldd "$binary" 2>&1 | grep -q '=>'; then die "$binary needs shared libraries: $(ldd "$binary")"; fi
printf '%s\n' "$binary"
