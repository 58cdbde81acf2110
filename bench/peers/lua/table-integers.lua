local function key(i) return i * 7919 % 16777213 end

require "bench" (function(n)
  local t, size = {}, 0
  for i = 0, n - 1 do
    if t[key(i)] == nil then size = size + 1 end
    t[key(i)] = i
  end
  local sum = 0
  for i = 0, n - 1 do sum = sum + (t[key(i)] or 0) end
  for i = 0, n - 1, 3 do
    if t[key(i)] ~= nil then size = size - 1 end
    t[key(i)] = nil
  end
  for i = 0, n - 1 do sum = sum + (t[key(i)] or -1) end
  return sum + size
end)
