local floor = math.floor

local function random_vector(n)
  local v, seed = {}, 12345
  for i = 1, n do
    v[i] = floor(seed / 64)
    seed = seed * 16807 % 2147483647
  end
  return v
end

local function quicksort(v, low, high)
  if low < high then
    local pivot = v[floor((low + high) / 2)]
    local i, j = low, high
    while i <= j do
      while v[i] < pivot do i = i + 1 end
      while v[j] > pivot do j = j - 1 end
      if i <= j then
        v[i], v[j] = v[j], v[i]
        i, j = i + 1, j - 1
      end
    end
    quicksort(v, low, j)
    quicksort(v, i, high)
  end
end

require "bench" (function(n)
  local v = random_vector(n)
  quicksort(v, 1, n)
  local sum = 0
  for i = 1, n - 1 do
    if v[i] > v[i + 1] then error("not sorted") end
    sum = sum + i % 8 * v[i + 1]
  end
  return sum % 1000003
end)
