local limit = 50

local function inside(cr, ci)
  local zr, zi = 0.0, 0.0
  for _ = 1, limit do
    local zr2, zi2 = zr * zr, zi * zi
    if zr2 + zi2 > 4.0 then return false end
    zi = 2.0 * (zr * zi) + ci
    zr = zr2 - zi2 + cr
  end
  return true
end

require "bench" (function(n)
  local step, count = 2.0 / n, 0
  for y = 0, n - 1 do
    local ci = step * y - 1.0
    for x = 0, n - 1 do
      if inside(step * x - 1.5, ci) then count = count + 1 end
    end
  end
  return count
end)
