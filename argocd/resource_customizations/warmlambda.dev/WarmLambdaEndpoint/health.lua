-- WarmLambdaEndpoint follows kstatus: the generation of the status first, then the first of Reconciling and Stalled that is True,
-- then Ready. Only Stalled is Degraded: it means that a person is needed. What AWS, the operator or another controller still ends
-- is Progressing, so that a sync waits for it instead of failing. Conditions other than these three are advice.
-- Plain Lua 5.1 without string, math and os: a script in argocd-cm has only the base, package and table libraries.

local function health(status, message)
  return { status = status, message = message }
end

local function said(condition)
  local reason, message = condition.reason or "", condition.message or ""
  if reason == "" or message == "" then
    return reason .. message
  end
  return reason .. ": " .. message
end

local spec, status = obj.spec or {}, obj.status or {}

if spec.suspend == true then
  return health("Suspended", "spec.suspend is true: AWS is neither read nor written until it is resumed")
end

-- The default of the schema is -1: no operator has looked yet.
local observed, generation = status.observedGeneration, obj.metadata.generation or 0
if observed == nil or observed == -1 then
  return health("Progressing", "no operator has looked at this endpoint yet")
end
if observed ~= generation then
  return health("Progressing", "the operator has not looked at generation " .. generation .. " yet; status speaks of generation " .. observed)
end

local ready = nil
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Reconciling" and condition.status == "True" then
    return health("Progressing", said(condition))
  end
  if condition.type == "Stalled" and condition.status == "True" then
    return health("Degraded", said(condition))
  end
  if condition.type == "Ready" then
    ready = condition
  end
end

if ready == nil then
  return health("Progressing", "the operator has not said yet whether it is ready")
end
if ready.status ~= "True" then
  return health("Progressing", said(ready))
end
if ready.message == nil or ready.message == "" then
  return health("Healthy", ready.reason)
end
return health("Healthy", ready.message)
