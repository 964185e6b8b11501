-- False is the default of the schema, and what an endpoint has that was never suspended.
obj.spec.suspend = false
return obj
