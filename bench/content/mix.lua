-- For wrk: requests the targets of a file, one a line, in an order of its own for each thread.
-- wrk -s mix.lua URL -- FILE

local requests, thread_number = {}, 0

function setup(thread)
    thread:set("seed", thread_number)
    thread_number = thread_number + 1
end

function init(arguments)
    for line in io.lines(arguments[1]) do
        table.insert(requests, wrk.format("GET", line))
    end
    math.randomseed(1000 + seed)
    -- Fisher and Yates.
    for i = #requests, 2, -1 do
        local j = math.random(i)
        requests[i], requests[j] = requests[j], requests[i]
    end
    next_request = 0
end

function request()
    next_request = next_request % #requests + 1
    return requests[next_request]
end

-- One line that a program reads. Of answers wrk counts those above 399 as wrong.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("RESULT requests=%d microseconds=%d bytes=%d wrong=%d errors=%d p50=%d p99=%d max=%d\n",
        summary.requests, summary.duration, summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.max))
end
