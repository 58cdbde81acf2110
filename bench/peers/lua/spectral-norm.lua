local floor = math.floor

local function entry(i, j)
  local s = i + j
  return 1.0 / (s * (s + 1) * 0.5 + i + 1)
end

local function multiply(n, v, result, transposed)
  for i = 0, n - 1 do
    local sum = 0.0
    for j = 0, n - 1 do
      sum = sum + (transposed and entry(j, i) or entry(i, j)) * v[j + 1]
    end
    result[i + 1] = sum
  end
end

require "bench" (function(n)
  local u, v, t = {}, {}, {}
  for i = 1, n do u[i], v[i], t[i] = 1.0, 0.0, 0.0 end
  for _ = 1, 10 do
    multiply(n, u, t, false)
    multiply(n, t, v, true)
    multiply(n, v, t, false)
    multiply(n, t, u, true)
  end
  local uv, vv = 0.0, 0.0
  for i = 1, n do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  return floor(1e9 * math.sqrt(uv / vv) + 0.5)
end)
