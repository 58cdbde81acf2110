local floor, cos, sin = math.floor, math.cos, math.sin
local pi = 3.141592653589793

local function reorder(re, im, n)
  local j = 0
  for i = 0, n - 1 do
    if i < j then
      re[i + 1], re[j + 1] = re[j + 1], re[i + 1]
      im[i + 1], im[j + 1] = im[j + 1], im[i + 1]
    end
    local bit = floor(n / 2)
    while bit >= 1 and j >= bit do
      j = j - bit
      bit = floor(bit / 2)
    end
    j = j + bit
  end
end

local function transform(re, im, n, direction)
  reorder(re, im, n)
  local half = 1
  while half < n do
    local angle = direction * pi / half
    for k = 0, half - 1 do
      local wr, wi = cos(angle * k), sin(angle * k)
      for i = k + 1, n, 2 * half do
        local j = i + half
        local xr, xi = re[j], im[j]
        local tr, ti = wr * xr - wi * xi, wr * xi + wi * xr
        local ar, ai = re[i], im[i]
        re[j], im[j] = ar - tr, ai - ti
        re[i], im[i] = ar + tr, ai + ti
      end
    end
    half = half * 2
  end
end

require "bench" (function(n)
  local re, im = {}, {}
  for i = 1, n do re[i], im[i] = (i - 1) * 7 % 11 + 0.0, 0.0 end
  for _ = 1, 4 do
    transform(re, im, n, 1.0)
    transform(re, im, n, -1.0)
    for i = 1, n do
      re[i] = re[i] / n
      im[i] = im[i] / n
    end
  end
  local sum = 0
  for i = 1, n do sum = sum + i * floor(re[i] + 0.5) end
  return sum
end)
