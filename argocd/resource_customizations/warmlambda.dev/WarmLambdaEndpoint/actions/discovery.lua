-- Suspend and resume are the two states of one switch; a reconcile asks for a look at once, which a suspended endpoint does not take.
-- An object that is being deleted takes none of them: its finalizer goes on by itself.
local suspended = obj.spec ~= nil and obj.spec.suspend == true
local deleted = obj.metadata.deletionTimestamp ~= nil

return {
  ["reconcile"] = { ["disabled"] = suspended or deleted, ["displayName"] = "Reconcile now", ["iconClass"] = "fa fa-fw fa-sync" },
  ["suspend"] = { ["disabled"] = suspended or deleted, ["displayName"] = "Suspend", ["iconClass"] = "fa fa-fw fa-pause" },
  ["resume"] = { ["disabled"] = deleted or not suspended, ["displayName"] = "Resume", ["iconClass"] = "fa fa-fw fa-play" },
}
