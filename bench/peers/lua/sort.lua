local floor = math.floor

require "bench" (function(n)
  local numbers, strings, seed = {}, {}, 12345
  for i = 1, n do
    numbers[i] = floor(seed / 64)
    strings[i] = string.format("%d", numbers[i])
    seed = seed * 16807 % 2147483647
  end
  table.sort(strings)
  table.sort(numbers, function(a, b) return a > b end)
  local sum = 0
  for i = 1, n do sum = sum + (i - 1) % 8 * (#strings[i] + numbers[i]) end
  return sum % 1000003
end)
