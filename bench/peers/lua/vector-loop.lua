local length = 1000

require "bench" (function(n)
  local v = {}
  for i = 1, length do v[i] = 0 end
  local total = 0
  for round = 0, n - 1 do
    for i = 0, length - 1 do v[i + 1] = i + round end
    local sum = 0
    for i = 1, length do sum = sum + v[i] end
    total = total + sum
  end
  return total
end)
