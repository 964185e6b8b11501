#!/usr/bin/env bash
# Prints a folder that holds kube-apiserver, etcd and kubectl, and makes it first when it is missing.
#
# Order: KUBEBUILDER_ASSETS, then setup-envtest when it is installed and has binaries, then a build from the Go modules in
# tests/control-plane (minutes, once), cached under ${XDG_CACHE_HOME:-~/.cache}/warmlambda by the hash of go.mod and go.sum.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
say() { printf 'control-plane: %s\n' "$*" >&2; }
complete() { [ -x "$1/kube-apiserver" ] && [ -x "$1/etcd" ] && [ -x "$1/kubectl" ]; }

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  complete "$KUBEBUILDER_ASSETS" || { say "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks kube-apiserver, etcd or kubectl; unset it or complete it"; exit 1; }
  printf '%s\n' "$KUBEBUILDER_ASSETS"; exit 0
fi

if command -v setup-envtest >/dev/null 2>&1; then
  assets=$(setup-envtest use --installed-only --print path 2>/dev/null || true)
  if [ -n "$assets" ] && complete "$assets"; then printf '%s\n' "$assets"; exit 0; fi
fi

module=$root/tests/control-plane
key=$(cat "$module/go.mod" "$module/go.sum" | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/warmlambda/control-plane-$key
if complete "$cache"; then printf '%s\n' "$cache"; exit 0; fi

command -v go >/dev/null 2>&1 || { say "no kube-apiserver found and no Go to build one: install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl"; exit 1; }

mkdir -p "${cache%/*}"
exec 9>"${cache%/*}/control-plane.lock"
flock 9
if complete "$cache"; then printf '%s\n' "$cache"; exit 0; fi

version=$(cd "$module" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
say "building etcd, kube-apiserver and kubectl $version from Go modules (once, about 6 minutes on 2 cores)"
work=$(mktemp -d "${cache}.XXXXXX")
trap 'rm -rf "$work"' EXIT
stamp="-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$(printf '%s' "$version" | cut -d. -f2)"
(cd "$module" && GOBIN=$work CGO_ENABLED=0 go install -trimpath -ldflags "-s -w $stamp" tool)
mv "$work/server" "$work/etcd"
chmod 755 "$work"
mv -T "$work" "$cache"
trap - EXIT
say "built into the cache"
printf '%s\n' "$cache"
