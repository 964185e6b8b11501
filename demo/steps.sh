# shellcheck shell=bash
# The steps of the demo's stories, for demo/run.sh. Uses $folder; everything that is started ends with the script, however it ends.

bold=$'\e[1m' plain=$'\e[0m'
[ -t 1 ] || bold='' plain=''
say() { printf '%s\n' "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

check_tools() {
  local tool
  for tool in cargo curl awk; do
    command -v "$tool" >/dev/null || die "$tool is not installed; CONTRIBUTING.md says what a machine needs"
  done
}

check_port() {
  # Opening the port succeeds only when something listens there.
  if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    die "port $1 is taken, perhaps by another demo; choose another with DEMO_PORT=..."
  fi
}

build() {
  KUBEBUILDER_ASSETS=$(scripts/control-plane.sh --api-only) || exit 1
  export KUBEBUILDER_ASSETS
  say "Building the operator and the simulated AWS (minutes the first time)."
  cargo build --quiet --locked --workspace --bins || die "the build failed"
  local target
  target=$(cargo metadata --format-version=1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
  bin=$target/debug
}

# Everything below ends with the control plane, and that ends with this script: it holds the other end of its standard input.
start_control_plane() {
  say "Starting etcd and kube-apiserver."
  mkfifo "$folder/leash"
  scripts/serve-control-plane.sh --api-only "$folder/control-plane" <"$folder/leash" >"$folder/ready" 2>"$folder/control-plane.log" &
  local server=$!
  exec 9>"$folder/leash"
  trap 'exec 9>&-; wait '"$server"' 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  until [ -s "$folder/ready" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/control-plane.log" >&2; die "the control plane did not start"; }
    sleep 0.1
  done
  KUBECONFIG=$(cat "$folder/ready")
  export KUBECONFIG
  "$bin/warmlambda" crd >"$folder/crd.yaml"
  kubectl apply --server-side -f "$folder/crd.yaml" >/dev/null
  kubectl wait --for=condition=Established --timeout=30s crd/warmlambdaendpoints.warmlambda.dev >/dev/null
}

# Without the descriptor that keeps the control plane running: only the script itself holds that.
kubectl() { "$KUBEBUILDER_ASSETS/kubectl" "$@" 9>&-; }

# Runs a command in the background that ends with the control plane.
background() {
  local log=$1
  shift
  "$@" </dev/null >"$log" 2>&1 9>&- &
  printf '+%s\n' $! >&9
}

start_aws() {
  say "Starting the simulated AWS on port $1; its clock runs $2 times as fast."
  aws=http://127.0.0.1:$1
  background "$folder/awssim.log" "$bin/awssim" --listen "127.0.0.1:$1" --world demo/world.yaml --clock "scaled:$2"
  local server=$! deadline=$((SECONDS + 15))
  until curl -sf "$aws/_sim/health" >/dev/null; do
    if ! kill -0 "$server" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      cat "$folder/awssim.log" >&2
      die "the simulated AWS did not start"
    fi
    sleep 0.1
  done
}

start_operator() {
  say "Starting the operator, which looks more often than in production."
  AWS_ENDPOINT_URL=$aws AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=demo \
    background "$folder/operator.log" "$bin/warmlambda" run --lease-namespace default \
    --health-addr 127.0.0.1:0 --metrics-addr 127.0.0.1:0 --log-format text \
    --resync-interval 3s --progress-interval 500ms --metrics-refresh 2s
  operator=$!
}

# One line for each request: seconds, HTTP status, version, warm or cold.
send_requests() {
  local answer status version warmth
  while :; do
    answer=$(curl -s -m 5 -w ' %{http_code}' "$aws/_sim/traffic/111122223333/eu-west-1/a1b2c3d4e5/prod/reviews" || true)
    status=${answer##* } version='-' warmth=cold
    [[ $answer =~ \"executedVersion\":\"([^\"]+)\" ]] && version=${BASH_REMATCH[1]}
    [[ $answer == *'"warm":true'* ]] && warmth=warm
    printf '%(%T)T  GET /reviews  %s  version %-8s %s\n' -1 "$status" "$version" "$warmth"
    sleep 0.2
  done
}

start_traffic() {
  background "$folder/traffic.log" send_requests
  until [ "$(wc -l <"$folder/traffic.log")" -ge 5 ]; do sleep 0.1; done
}

show_traffic() { tail -n 3 "$folder/traffic.log" | sed 's/^/  /'; }

show_file() {
  say "  $1:"
  sed -E '/^ *#/d; s/^/    /' "$1"
}

# Waits for an endpoint until a condition of kubectl wait holds.
wait_until() {
  kill -0 "$operator" 2>/dev/null || { tail -n 20 "$folder/operator.log" >&2; die "the operator ended"; }
  if ! kubectl wait "$2" --timeout=120s "wle/$1" >/dev/null; then
    kubectl describe wle "$1"
    die "the endpoint did not come to $2; the operator's log is $folder/operator.log"
  fi
}

# The same, and shows the endpoint change meanwhile.
watch_until() {
  "$KUBEBUILDER_ASSETS/kubectl" get wle "$1" --watch 9>&- &
  local watch=$!
  printf '+%s\n' "$watch" >&9
  wait_until "$@"
  sleep 0.5 # Lets the watch print the change that was waited for.
  kill "$watch" && wait "$watch" 2>/dev/null || true
  printf -- '-%s\n' "$watch" >&9
}

# Conditions of an endpoint, by type.
show_conditions() {
  local name=$1 type
  shift
  for type in "$@"; do
    kubectl get wle "$name" -o jsonpath="{range .status.conditions[?(@.type==\"$type\")]}{.type}={.status}, {.reason}: {.message}{end}" |
      fold -s -w 126 | sed '1s/^/  /; 2,$s/^/      /'
    echo
  done
}

# The calls that would be made.
show_plan() {
  say "  status.plan:"
  kubectl get wle "$1" -o jsonpath='{range .status.plan[*]}    {.call}{"\n"}{end}'
}

show_capacity() {
  kubectl get wle "$1" -o jsonpath='{range .status}  {.aliasArn} serves version {.functionVersion}; warm environments: {.provisionedConcurrency.available} of {.provisionedConcurrency.requested}, for about ${.provisionedConcurrency.monthlyCostDollars} a month{"\n"}{end}'
}

# Applies an example so that it only looks.
observe() {
  awk '{ print } /^spec:/ { print "  managementPolicy: Observe" }' "$1" | kubectl apply --server-side -f -
}

# Uploads code as a pipeline would: with a signed call of Lambda's UpdateFunctionCode.
upload() {
  say "  aws lambda update-function-code --function-name $1 ..."
  curl -sf -o /dev/null -X PUT --aws-sigv4 aws:amz:eu-west-1:lambda --user 111122223333:demo -H 'Content-Type: application/json' \
    -d "{\"ZipFile\": \"$(printf '%s' "$2" | base64 -w0)\"}" "$aws/2015-03-31/functions/$1/code" || die "the code could not be uploaded"
}

until_served_by() {
  local deadline=$((SECONDS + 15))
  until tail -n 1 "$folder/traffic.log" | grep -q "version $1 "; do
    [ "$SECONDS" -lt "$deadline" ] || die "version $1 does not serve; the traffic's log is $folder/traffic.log"
    sleep 0.2
  done
}

totals() {
  local all served
  all=$(wc -l <"$folder/traffic.log")
  served=$(grep -c ' 200 ' "$folder/traffic.log")
  say "  $all requests, $((all - served)) failed; by version and start:"
  sed -E 's/.*  (version .*)/    \1/' "$folder/traffic.log" | sort | uniq -c
  [ "$all" -eq "$served" ] || die "requests failed; see $folder/traffic.log"
}

what_next() {
  title "What to try next, in another terminal:"
  cat <<TEXT
  export KUBECONFIG=$KUBECONFIG
  alias kubectl=$KUBEBUILDER_ASSETS/kubectl
  kubectl get wle -w                                      # watch
  kubectl describe wle fir-api                            # every link of the chain, and what was done
  kubectl scale wle/fir-api --replicas=5                  # more warm environments
  kubectl apply --server-side -f examples/03-pinned.yaml  # back to version 39, with the same care
  kubectl apply --server-side -f examples/14-everything.yaml  # a REST API, an HTTP API, a stream and a queue on one endpoint
  kubectl get wle shop -o yaml                            # each trigger under its name
  curl -s '$aws/_sim/ledger?write=true'  # every write that AWS saw
  curl -s '$aws/_sim/deliveries?region=$region&source=$stream' | tail -n 40  # what became of the last records
  tail -f $folder/traffic.log   # what users get
  tail -f $folder/operator.log  # what the operator says
TEXT
}

wait_for_ctrl_c() {
  title "Ctrl-C ends everything."
  while kill -0 "$operator" 2>/dev/null; do sleep 1; done
  die "the operator ended; its log was: $(tail -n 5 "$folder/operator.log")"
}
