# Reads JSON object by object, as far as the demo needs it: flat objects, whose members may stand in any order and on one line or many.
BEGIN { RS = "}" }

# The value of a member of the object, without quotes; empty when it has none of this name.
function member(name,   value) {
  if (!match($0, "\"" name "\": *\"?[^\",}\n]*")) return ""
  value = substr($0, RSTART, RLENGTH)
  sub(/^[^:]*: *"?/, "", value)
  return value
}
