# With demo/objects.awk: prints an answer to GET /_sim/deliveries, a line for each record.
member("sequence") == "" { next }

{
  target = member("target")
  sub(/.*:function:/, "", target)
  start = member("warm") == "true" ? "on demand, warm" : "on demand, cold"
  if (member("provisioned") == "true") start = "warm capacity"
  printf "  %s  record %-5s %-11s version %-8s %s\n", member("shard"), member("sequence"), target, member("version"), start
}
