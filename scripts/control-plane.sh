#!/usr/bin/env bash
# Prints a folder that holds etcd, kube-apiserver, kubectl and kube-controller-manager, and makes it first when it is missing.
#
#   control-plane.sh [--api-only]      --api-only: it may lack kube-controller-manager
#
# Order: KUBEBUILDER_ASSETS, then setup-envtest when it is installed and has binaries, then a build from the Go modules in
# tests/control-plane (minutes, once), cached under ${XDG_CACHE_HOME:-~/.cache}/warmlambda by the hash of go.mod and go.sum.
# setup-envtest has no kube-controller-manager: who needs it gets the build.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
say() { printf 'control-plane: %s\n' "$*" >&2; }

parts=(etcd kube-apiserver kubectl kube-controller-manager)
case ${1:-} in
  '') ;;
  --api-only) unset 'parts[3]' ;;
  *) say "usage: control-plane.sh [--api-only]"; exit 2 ;;
esac

# The parts that a folder lacks.
lacks() {
  local part
  for part in "${parts[@]}"; do [ -x "$1/$part" ] || printf '%s\n' "$part"; done
}
take() { [ -n "$(lacks "$1")" ] || { printf '%s\n' "$1"; exit 0; }; }

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  take "$KUBEBUILDER_ASSETS"
  lacking=$(lacks "$KUBEBUILDER_ASSETS")
  [ "$lacking" = kube-controller-manager ] || { say "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks" $lacking"; unset it or complete it"; exit 1; }
  say "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks kube-controller-manager: using a build from Go modules instead"
elif command -v setup-envtest >/dev/null 2>&1; then
  assets=$(setup-envtest use --installed-only --print path 2>/dev/null || true)
  [ -z "$assets" ] || take "$assets"
fi

module=$root/tests/control-plane
key=$(cat "$module/go.mod" "$module/go.sum" | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/warmlambda/control-plane-$key
take "$cache"

command -v go >/dev/null 2>&1 || { say "no control plane found and no Go to build one: install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with ${parts[*]}"; exit 1; }

mkdir -p "${cache%/*}"
exec 9>"${cache%/*}/control-plane.lock"
flock 9
take "$cache"

mapfile -t missing < <(lacks "$cache")
packages=()
for part in "${missing[@]}"; do
  case $part in
    etcd) packages+=(go.etcd.io/etcd/server/v3) ;;
    *) packages+=("k8s.io/kubernetes/cmd/$part") ;;
  esac
done
version=$(cd "$module" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
say "building ${missing[*]} $version from Go modules (once, about 2 minutes each on 2 cores)"
work=$(mktemp -d "${cache}.XXXXXX")
trap 'rm -rf "$work"' EXIT
stamp="-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$(printf '%s' "$version" | cut -d. -f2)"
(cd "$module" && GOBIN=$work CGO_ENABLED=0 go install -trimpath -ldflags "-s -w $stamp" "${packages[@]}")
[ ! -e "$work/server" ] || mv "$work/server" "$work/etcd"
mkdir -p "$cache"
mv "$work"/* "$cache"
say "built into the cache"
printf '%s\n' "$cache"
