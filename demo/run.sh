#!/usr/bin/env bash
# Two stories of warmlambda in less than two minutes: a real etcd and kube-apiserver, a simulated AWS with users and records, and the
# operator.
#
#   demo/run.sh               goes on until Ctrl-C, so that you can try things
#   DEMO_ONCE=1 demo/run.sh   ends after the stories
#   DEMO_PORT=4600            where the simulated AWS listens; default 4599
set -euo pipefail
cd "$(dirname "$0")/.."
source demo/steps.sh
source demo/records.sh

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
start_records

title "A function as one finds it in the wild: 40 versions, no alias, nothing warm, and an API that calls it unqualified."
say "Users send five requests a second. The last of them:"
show_traffic
title "One resource says how it shall be."
show_file examples/02-rest-api.yaml
kubectl apply --server-side -f examples/02-rest-api.yaml
say "The operator makes alias, warm capacity and permission; when they are there and warm, it moves the API to the alias:"
watch_until fir-api --for=condition=Ready
show_traffic

title "A stream as one finds it: it is mapped to the function itself, so warm capacity on an alias would never be used."
say "About ten records a second are written to each of its four shards, all the time. The last that were processed:"
show_records
show_mapping
title "Look first: with managementPolicy: Observe nothing is written, and status says what is wrong and what would be done."
observe examples/09-dynamodb-stream.yaml
wait_until orders --for=jsonpath='{.status.conditions[?(@.type=="TrafficOnAlias")].status}'=False
show_conditions orders RoutedToAlias TrafficOnAlias
show_plan orders
title "Then let it be done."
show_file examples/09-dynamodb-stream.yaml
kubectl apply --server-side -f examples/09-dynamodb-stream.yaml
say "The mapping is moved when the alias is warm:"
watch_until orders --for=condition=Ready
until_records_reach_alias
show_mapping
show_records

title "Somebody uploads new code of both functions."
upload fir-api "reviews 41, duration: 200ms, init: 900ms"
upload orders "orders 8, duration: 2000ms, init: 2500ms"
say "The operator publishes a version of each and moves the aliases. AWS warms the new versions behind the old ones, which serve until then:"
watch_until fir-api --for=jsonpath='{.status.functionVersion}'=41
watch_until fir-api --for=condition=Ready
wait_until orders --for=jsonpath='{.status.functionVersion}'=8
wait_until orders --for=condition=Ready
until_served_by 41
show_traffic
title "No request failed, and since the endpoint was Ready none was cold."
totals

title "Is the alias of the stream being invoked?"
wait_until orders --for=condition=TrafficOnAlias
show_conditions orders RoutedToAlias TrafficOnAlias
title "Where does the capacity belong?"
show_capacity orders
title "Did moving the mapping lose events? It is the same mapping, and in each shard it went on where it was:"
show_trigger orders
check_records
kubectl get wle

[ "${DEMO_ONCE:-}" = 1 ] && exit 0
what_next
wait_for_ctrl_c
