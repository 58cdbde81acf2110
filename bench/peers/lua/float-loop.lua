require "bench" (function(n)
  local i, sum, last = 1.0, 0.0, n + 0.0
  while i <= last do
    sum = sum + 1.0 / (i * i)
    i = i + 1.0
  end
  return math.floor(1e9 * sum + 0.5)
end)
