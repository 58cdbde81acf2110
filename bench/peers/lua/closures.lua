local function make_counter(step)
  local count = 0
  return function()
    count = count + step
    return count
  end
end

local function compose(f, g) return function(x) return f(g(x)) end end
local function adder(n) return function(x) return x + n end end

require "bench" (function(n)
  local counter, sum = make_counter(3), 0
  for i = 0, n - 1 do
    local f = compose(adder(i), compose(adder(1), adder(2)))
    counter()
    sum = sum + f(i % 10)
  end
  return sum + counter()
end)
