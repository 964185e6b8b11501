#!/usr/bin/env bash
# Runs etcd, kube-apiserver and kube-controller-manager in a folder until standard input ends, and leaves nothing behind.
#
#   serve-control-plane.sh [--api-only] [--audit FILE] FOLDER
#
#   FOLDER         must not exist yet; it is removed at the end
#   --api-only     no kube-controller-manager: namespaces stay when they are deleted, Deployments have no pods, roles are not
#                  aggregated
#   --audit FILE   gets what every service account outside of kube-system asked for, a JSON object in each line; it stays
#
# Prints the path of a kubeconfig with all rights as soon as the server is ready. Whoever starts it holds the other end of
# standard input: when that process ends, however it ends, so does this. Lines on standard input: "+PID" has a process killed
# together with the control plane, "-PID" forgets it again. The others are orders for tests of what happens when a control plane
# fails; each is answered with "done" on standard output, when it is carried out:
#
#   kill api | kill etcd      at once, as when memory is short
#   start api | start etcd    with the same port and data; not waited for until they serve
#   freeze etcd | thaw etcd   it keeps its connections and says nothing
#   save NAME                 copies etcd's data as a crash at this moment would leave it
#   restore NAME              puts that copy in place; etcd must not run
#   etcd PATH BODY            posts JSON to etcd's own API, for instance etcd /v3/kv/put {"key":"...","value":"..."}
set -euo pipefail
trap '' INT

say() { printf 'control-plane: %s\n' "$*" >&2; }
usage() { say "usage: serve-control-plane.sh [--api-only] [--audit FILE] FOLDER"; exit 2; }
only=() audit=
while [ $# -gt 1 ]; do
  case $1 in
    --api-only) only=("$1"); shift ;;
    --audit) mkdir -p "$(dirname "$2")"; audit=$(cd "$(dirname "$2")" && pwd)/${2##*/}; shift 2 ;;
    *) usage ;;
  esac
done
[ $# -eq 1 ] || usage
here=$(cd "$(dirname "$0")" && pwd)
assets=$("$here/control-plane.sh" ${only+"${only[@]}"})
mkdir -p "$(dirname "$1")"
mkdir "$1" || { say "$1 exists already"; exit 1; }
folder=$(cd "$1" && pwd)
cd "$folder"

declare -A charges=()
etcd='' api='' controllers=''
finish() {
  exec 2>/dev/null # bash would report each job that it kills
  for pid in "${!charges[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in $etcd $api $controllers; do kill -KILL "$pid" 2>/dev/null || true; done
  wait || true
  cd / && rm -rf "$folder"
}
trap finish EXIT
trap 'exit 143' TERM HUP

fail() { say "$1"; tail -n 15 "$2" >&2; exit 1; }

# etcd speaks over Unix sockets in the folder, so that it needs no port. It has no data worth a sync to the disk.
serve_etcd() {
  rm -f clients:0 peers:0
  "$assets/etcd" --data-dir=etcd --unsafe-no-fsync --log-level=error \
    --listen-client-urls=unix://clients:0 --advertise-client-urls=unix://clients:0 \
    --listen-peer-urls=unix://peers:0 --initial-advertise-peer-urls=unix://peers:0 --initial-cluster=default=unix://peers:0 \
    </dev/null >>etcd.log 2>&1 &
  etcd=$!
}
serve_etcd

token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
umask 077
printf '%s,admin,admin,system:masters\n' "$token" >tokens

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s' "$port"; return; }
  done
}

# What the rights of a service account are held against. The API server writes a line before it answers.
auditing=()
if [ -n "$audit" ]; then
  cat >audit-policy.yaml <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: None, userGroups: ["system:serviceaccounts:kube-system"]}
- {level: Metadata, userGroups: ["system:serviceaccounts"]}
- {level: None}
YAML
  auditing=(--audit-policy-file=audit-policy.yaml --audit-log-path="$audit" --audit-log-maxsize=10000)
fi

serve_api() {
  "$assets/kube-apiserver" --etcd-servers=unix://clients:0 --bind-address=127.0.0.1 --secure-port="$1" --cert-dir=certs \
    --token-auth-file=tokens --authorization-mode=RBAC --service-cluster-ip-range=10.0.0.0/24 \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=certs/apiserver.key \
    --service-account-signing-key-file=certs/apiserver.key ${auditing+"${auditing[@]}"} \
    </dev/null >kube-apiserver.log 2>&1 &
  api=$!
}

write_kubeconfig() {
  cat >kubeconfig <<YAML
apiVersion: v1
kind: Config
current-context: warmlambda
contexts: [{name: warmlambda, context: {cluster: warmlambda, user: admin}}]
clusters: [{name: warmlambda, cluster: {server: "https://127.0.0.1:$1", certificate-authority: "$folder/certs/apiserver.crt"}}]
users: [{name: admin, user: {token: "$token"}}]
YAML
}

# Another process may take the port between the look and the bind: then the server ends at once, and the next one is tried.
attempt=1
port=$(free_port)
serve_api "$port"
write_kubeconfig "$port"
deadline=$((SECONDS + 120))
until "$assets/kubectl" --kubeconfig=kubeconfig get --raw=/readyz >/dev/null 2>&1; do
  kill -0 "$etcd" 2>/dev/null || fail "etcd ended" etcd.log
  if ! kill -0 "$api" 2>/dev/null; then
    if [ "$attempt" -eq 5 ] || ! grep -q 'address already in use' kube-apiserver.log; then
      fail "kube-apiserver ended" kube-apiserver.log
    fi
    attempt=$((attempt + 1))
    port=$(free_port)
    serve_api "$port"
    write_kubeconfig "$port"
  fi
  [ "$SECONDS" -lt "$deadline" ] || fail "kube-apiserver is not ready after two minutes" kube-apiserver.log
  sleep 0.1
done

# What happens to namespaces, service accounts, roles and Deployments as in any cluster. It has no port, and nobody waits for it.
serve_controllers() {
  "$assets/kube-controller-manager" --kubeconfig=kubeconfig --use-service-account-credentials --leader-elect=false --secure-port=0 \
    --service-account-private-key-file=certs/apiserver.key --root-ca-file=certs/apiserver.crt --kube-api-qps=200 --kube-api-burst=400 \
    --controllers=namespace-controller,serviceaccount-controller,clusterrole-aggregation-controller,garbage-collector-controller,deployment-controller,replicaset-controller,disruption-controller \
    </dev/null >kube-controller-manager.log 2>&1 &
  controllers=$!
}
[ ${#only[@]} -gt 0 ] || serve_controllers
printf '%s\n' "$folder/kubeconfig"

# Waits for what it killed, so that a port or a lock of it is free again.
kill_server() { kill -KILL "$1" 2>/dev/null && { wait "$1" 2>/dev/null || true; }; }

obey() {
  local order=$1 of=${2-} body=${3-}
  case $order in
    kill) kill_server "${!of}" || true; printf -v "$of" '' ;;
    start) if [ "$of" = api ]; then serve_api "$port"; else serve_etcd; fi ;;
    freeze) kill -STOP "${!of}" ;;
    thaw) kill -CONT "${!of}" ;;
    save) kill -STOP "$etcd"; rm -rf "saved-$of"; cp -r etcd "saved-$of"; kill -CONT "$etcd" ;;
    restore) rm -rf etcd; cp -r "saved-$of" etcd ;;
    etcd) curl --silent --show-error --fail-with-body --unix-socket clients:0 "http://etcd$of" --data "$body" | tr -d '\n' || true; printf '\n' ;;
    *) say "there is no order $order"; return 1 ;;
  esac
  printf 'done\n'
}

while read -r line; do
  case $line in
    +*) charges[${line#+}]=1 ;;
    -*) unset "charges[${line#-}]" ;;
    *) read -r order of body <<<"$line"; obey "$order" "$of" "$body" ;;
  esac
done
