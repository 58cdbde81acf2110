local floor = math.floor
local kinds = 5000
local words = {}
for i = 0, kinds - 1 do words[i] = "word-" .. i * 7919 end

require "bench" (function(n)
  local counts = {}
  local seed = 42
  for _ = 1, n do
    local word = words[floor(seed / 64) % kinds]
    counts[word] = (counts[word] or 0) + 1
    seed = seed * 16807 % 2147483647
  end
  local sum, most = 0, 0
  for i = 0, kinds - 1 do
    local count = counts[words[i]] or 0
    sum = sum + i * count
    if count > most then most = count end
  end
  return 1000 * (sum % 1000003) + most
end)
