# shellcheck shell=bash
# Records of the table `bookings`: written all the time, looked at, and checked. For demo/run.sh; uses demo/steps.sh.

region=eu-west-1
stream=arn:aws:dynamodb:$region:111122223333:table/bookings/stream/2026-01-01T00:00:00.000
mapping=14e0db71-5d35-4eb5-b481-8945cf9d10c2

# Two records for each of four shards, about five times a second; prints what AWS answered.
send_records() {
  local number=0 batch shard order answer
  while :; do
    batch=''
    for order in $((number += 1)) $((number += 1)); do
      for shard in 0 1 2 3; do
        batch+="{\"shard\": \"shardId-00000000000$shard\", \"data\": \"{\\\"order\\\": $order}\"}, "
      done
    done
    answer=$(curl -sf -m 5 -X POST -d "{\"arn\": \"$stream\", \"records\": [${batch%, }]}" "$aws/_sim/streams/records" || true)
    printf '%s\n' "$answer"
    sleep 0.2
  done
}

start_records() {
  background "$folder/written.json" send_records
  until [ "$(deliveries | grep -c Processed)" -ge 8 ]; do sleep 0.1; done
}

# What became of the records, delivery by delivery, after the one with this number.
deliveries() { curl -s "$aws/_sim/deliveries?region=$region&source=$stream&since=${1:-0}"; }

show_records() {
  local last
  last=$(deliveries | tail -n 3 | sed -n 's/.*"last": *\([0-9]*\).*/\1/p')
  deliveries $((last - 4)) | awk -f demo/objects.awk -f demo/show-deliveries.awk | tail -n 4
}

# The mapping, as AWS shows it to a person.
show_mapping() {
  say "  aws lambda get-event-source-mapping --uuid $mapping"
  curl -sf --aws-sigv4 "aws:amz:$region:lambda" --user 111122223333:demo "$aws/2015-03-31/event-source-mappings/$mapping" |
    tr '{},' '\n\n\n' | grep -E '"(UUID|FunctionArn|State)":' | sed 's/^ */    /'
}

# The same in the status of the endpoint.
show_trigger() {
  kubectl get wle "$1" -o jsonpath='{range .status.triggers[*]}  {.name}: mapping {.uuid} {.state}, last batch {.lastProcessingResult}, iterator age {.iteratorAgeSeconds} s{"\n"}{end}'
}

until_records_reach_alias() {
  local deadline=$((SECONDS + 15))
  until deliveries | grep -q '"target": ".*:live"'; do
    [ "$SECONDS" -lt "$deadline" ] || die "no record reaches the alias; AWS's log is $folder/awssim.log"
    sleep 0.2
  done
}

# Every record that was written up to now, against what became of it.
check_records() {
  local deadline=$((SECONDS + 15))
  cp "$folder/written.json" "$folder/written-until-now.json"
  until deliveries >"$folder/deliveries.json" && awk -f demo/objects.awk -f demo/check-records.awk \
    "$folder/written-until-now.json" "$folder/deliveries.json" >"$folder/checked"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      cat "$folder/checked"
      die "records were lost or out of order: compare $folder/written-until-now.json and $folder/deliveries.json"
    fi
    sleep 0.2
  done
  cat "$folder/checked"
}
