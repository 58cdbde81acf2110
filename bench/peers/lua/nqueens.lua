-- Lists are tables {head, tail}; false is the empty one.
local function cons(head, tail) return { head, tail } end

local function append(a, b)
  if not a then return b end
  return cons(a[1], append(a[2], b))
end

local function safe(row, distance, placed)
  while placed do
    local p = placed[1]
    if p == row + distance or p == row - distance then return false end
    distance, placed = distance + 1, placed[2]
  end
  return true
end

local function try(left, tried, placed)
  if not left then return tried and 0 or 1 end
  local with = 0
  if safe(left[1], 1, placed) then
    with = try(append(tried, left[2]), false, cons(left[1], placed))
  end
  return with + try(left[2], cons(left[1], tried), placed)
end

require "bench" (function(n)
  local rows = false
  for i = n, 1, -1 do rows = cons(i, rows) end
  return try(rows, false, false)
end)
