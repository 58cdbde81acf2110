local function map(f, list)
  local result = {}
  for i = 1, #list do result[i] = f(list[i]) end
  return result
end

local function map2(f, a, b)
  local result = {}
  for i = 1, math.min(#a, #b) do result[i] = f(a[i], b[i]) end
  return result
end

local function each(f, list)
  for i = 1, #list do f(list[i]) end
end

local function fold(f, start, list)
  for i = 1, #list do start = f(list[i], start) end
  return start
end

local function add(a, b) return a + b end

require "bench" (function(n)
  local numbers, squares = {}, {}
  for i = 1, 1000 do
    numbers[i] = i - 1
    squares[i] = (i - 1) * (i - 1)
  end
  local total = 0
  for i = 0, n - 1 do
    local evens = 0
    each(function(x) if x % 2 == 0 then evens = evens + 1 end end, numbers)
    total = total + evens
      + fold(add, 0, map(function(x) return x * 2 end, numbers))
      + fold(add, 0, map2(function(x, y) return y - x end, numbers, squares))
      + map(function(x) return x + i end, numbers)[1000]
  end
  return total
end)
