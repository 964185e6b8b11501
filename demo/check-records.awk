# With demo/objects.awk: holds what became of the records of a stream against what was written. Takes two files with answers of the
# simulated AWS, as they came: those to POST /_sim/streams/records, one behind the other, and one to GET /_sim/deliveries.
#
# Prints a line for each shard, and fails when a record was not processed, or before one that was written earlier.
{
  shard = member("shard")
  sequence = member("sequence")
  if (shard == "" || sequence == "") next
}

FILENAME == ARGV[1] {
  if (!(shard in written)) shards[++count] = shard
  place[shard, sequence] = ++written[shard]
  next
}

# What was written after the first file was made is not looked at.
member("outcome") != "Processed" || !((shard, sequence) in place) { next }

{
  at = place[shard, sequence]
  if ((shard, at) in seen) again[shard]++
  else {
    seen[shard, at] = 1
    processed[shard]++
    if (at != newest[shard] + 1) disorder[shard]++
    if (at > newest[shard]) newest[shard] = at
  }
  if (member("target") ~ /:live$/ && !(shard in first)) first[shard] = at
  if (member("provisioned") == "true") warm[shard]++
}

END {
  row = "  %-21s %7s %9s %4s %12s %15s %17s %16s\n"
  printf row, "shard", "written", "processed", "lost", "out of order", "delivered again", "to the alias from", "on warm capacity"
  for (n = 1; n <= count; n++) {
    shard = shards[n]
    lost = written[shard] - processed[shard]
    printf row, shard, written[shard], processed[shard] + 0, lost, disorder[shard] + 0, again[shard] + 0, \
      shard in first ? "record " first[shard] : "none", warm[shard] + 0
    wrong += lost + disorder[shard]
  }
  exit count == 0 || wrong > 0
}
