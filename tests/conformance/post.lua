-- A call of 200 bytes, for wrk.
wrk.method = "POST"
wrk.body = '{"kwargs":{"text":"' .. string.rep("x", 178) .. '"}}'
wrk.headers["Content-Type"] = "application/json"
