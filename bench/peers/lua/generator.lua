require "bench" (function(n)
  local next = coroutine.wrap(function()
    for i = 1, n do coroutine.yield(i) end
  end)
  local sum = 0
  while true do
    local element = next()
    if not element then return sum end
    sum = sum + element
  end
end)
