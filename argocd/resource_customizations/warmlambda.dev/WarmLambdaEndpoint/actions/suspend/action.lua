-- Stops every read and write of AWS; warm capacity stays, and goes on being paid for.
obj.spec.suspend = true
return obj
