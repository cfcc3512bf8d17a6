-- Send the same POST again and again; at the end, write what was seen as one line of JSON.
function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  call = wrk.format("POST", nil, {["Host"] = wrk.host .. ":" .. wrk.port, ["Content-Type"] = arguments[2]}, body)
end

function request()
  return call
end

function done(summary, latency)
  local failed = summary.errors
  local errors = failed.connect + failed.read + failed.write + failed.timeout + failed.status
  local form = '{"requests": %d, "errors": %d, "requests_per_second": %.2f, "p50": %.3f, "p95": %.3f, "p99": %.3f}\n'
  local rate = (summary.requests - failed.status) / summary.duration * 1e6
  local p50, p95, p99 = latency:percentile(50), latency:percentile(95), latency:percentile(99)
  io.write(form:format(summary.requests - failed.status, errors, rate, p50 / 1e3, p95 / 1e3, p99 / 1e3))
end
