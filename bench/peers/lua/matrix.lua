local function make_matrix(n, f)
  local m = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do row[j + 1] = f(i, j) end
    m[i + 1] = row
  end
  return m
end

local function multiply(a, b, n)
  return make_matrix(n, function(i, j)
    local row, sum = a[i + 1], 0.0
    for k = 1, n do sum = sum + row[k] * b[k][j + 1] end
    return sum
  end)
end

require "bench" (function(n)
  local a = make_matrix(n, function(i, j) return (i + 2 * j) % 10 - 4.0 end)
  local b = make_matrix(n, function(i, j) return (3 * i + j) % 7 - 3.0 end)
  local c = multiply(a, b, n)
  local trace = 0.0
  for i = 1, n do trace = trace + c[i][i] end
  return trace
end)
