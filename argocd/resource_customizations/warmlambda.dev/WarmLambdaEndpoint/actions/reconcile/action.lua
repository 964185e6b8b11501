-- Asks the operator for a look at once: it echoes the value in status.lastHandledReconcileAt when it has looked.
local os = require("os")

if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["warmlambda.dev/reconcile-requested-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
