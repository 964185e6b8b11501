#!/usr/bin/env bash
# What a release is made of, besides the image. .github/workflows/release.yml calls it; nothing here reaches a network.
#
#   release.sh version TAG          fails unless program, charts, manifests and changelog are of this version; TAG is v1.2.3
#   release.sh notes TAG            prints the version's section of CHANGELOG.md
#   release.sh files TAG REGISTRY REPOSITORY DIGEST FOLDER
#                                   writes charts and manifests that run this very image into FOLDER, which must not exist yet
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'release: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -n 's/^#   /  /p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
what=$1 tag=$2 version=${2#v}
# The image in dist/install.yaml.
example=registry.example.com/warmlambda
[[ $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || die "$tag is no tag of a version, as v1.2.3 is"

# The lines below the version's heading, "## 1.2.3 (2026-01-31)", without blank ones around them.
notes() {
  local text
  text=$(awk -v heading="## $version" '/^## /{inside = $0 == heading || index($0, heading " ") == 1; next} inside' CHANGELOG.md)
  [ -n "$text" ] || die "CHANGELOG.md has no section \"## $version\""
  printf '%s\n' "$text" | sed -e '/./,$!d'
}

check_version() {
  local file found
  found=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
  [ "$found" = "$version" ] || die "Cargo.toml says $found, the tag says $version"
  for file in charts/*/Chart.yaml; do
    for field in version appVersion; do
      found=$(sed -n "s/^$field: *\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "$file")
      [ "$found" = "$version" ] || die "$file says $field $found, the tag says $version"
    done
  done
  grep -q "image: \"$example:$version\"" dist/install.yaml || die "dist/install.yaml is not of $version: run make charts"
  notes >/dev/null
}

files() {
  local registry=$1 repository=$2 digest=$3 folder=$4 helm chart
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || die "$digest is no digest"
  mkdir "$folder"
  folder=$(cd "$folder" && pwd)
  helm=$(scripts/tools.sh helm4)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp -R charts "$work/"
  # What is installed with default values is the image that was built and signed, whatever becomes of its tag.
  sed -i -e '/^image:/,/^[^ ]/{' -e "s|^  registry: .*|  registry: $registry|" -e "s|^  repository: .*|  repository: $repository|" \
    -e "s|^  digest: .*|  digest: $digest|" -e '}' "$work/charts/warmlambda/values.yaml"
  for chart in "$work"/charts/*/; do
    "$helm" package "$chart" --destination "$folder" >/dev/null
  done
  cp dist/crds.yaml "$folder/"
  sed "s|image: \"$example:$version\"|image: \"$registry/$repository@$digest\"|" dist/install.yaml >"$folder/install.yaml"
  grep -q "image: \"$registry/$repository@$digest\"" "$folder/install.yaml" || die "the image is not in dist/install.yaml as it was expected"
}

case $what:$# in
  version:2) check_version ;;
  notes:2) notes ;;
  files:6) files "${@:3}" ;;
  *) usage ;;
esac
