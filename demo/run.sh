#!/usr/bin/env bash
# The story of warmlambda in about a minute: a real etcd and kube-apiserver, a simulated AWS with users, and the operator.
#
#   demo/run.sh               goes on until Ctrl-C, so that you can try things
#   DEMO_ONCE=1 demo/run.sh   ends after the story
#   DEMO_PORT=4600            where the simulated AWS listens; default 4599
set -euo pipefail
cd "$(dirname "$0")/.."
source demo/steps.sh

speed=20 # Simulated seconds in a real one: warming a new version takes minutes in AWS, and 18 seconds here.
port=${DEMO_PORT:-4599}
folder=$PWD/.demo

check_tools
check_port "$port"
build
rm -rf "$folder"
mkdir -p "$folder"
start_control_plane
start_aws "$port" "$speed"
start_operator
start_traffic

title "A function as one finds it in the wild: 40 versions, no alias, nothing warm, and an API that calls it unqualified."
say "Users send five requests a second. The last of them:"
show_traffic
title "One resource says how it shall be."
show_file examples/02-rest-api.yaml
kubectl apply --server-side -f examples/02-rest-api.yaml
say "The operator makes alias, warm capacity and permission; when they are there and warm, it moves the API to the alias:"
watch_until --for=condition=Ready
show_traffic

title "Somebody uploads new code."
upload "reviews 41, duration: 200ms, init: 900ms"
say "The operator publishes version 41 and moves the alias. AWS warms it behind the old version, which serves until then:"
watch_until --for=jsonpath='{.status.functionVersion}'=41
watch_until --for=condition=Ready
until_served_by 41
show_traffic
title "No request failed, and since the endpoint was Ready none was cold."
totals
kubectl get wle

[ "${DEMO_ONCE:-}" = 1 ] && exit 0
what_next
wait_for_ctrl_c
