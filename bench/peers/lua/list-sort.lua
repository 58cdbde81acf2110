-- Lists are tables {head, tail}; false is the empty one. The merge is a loop: Lua's stack of calls from C and Lua
-- ends at 200,000 levels.
local floor = math.floor

local function random_list(n)
  local list, seed = false, 12345
  for _ = 1, n do
    list = { floor(seed / 64), list }
    seed = seed * 16807 % 2147483647
  end
  return list
end

local function merge(a, b)
  local head = { 0, false }
  local last = head
  while a and b do
    local cell
    if b[1] < a[1] then
      cell = { b[1], false }
      b = b[2]
    else
      cell = { a[1], false }
      a = a[2]
    end
    last[2] = cell
    last = cell
  end
  last[2] = a or b
  return head[2]
end

local function every_other(list)
  local head = { 0, false }
  local last = head
  while list and list[2] do
    local cell = { list[1], false }
    last[2] = cell
    last = cell
    list = list[2][2]
  end
  last[2] = list
  return head[2]
end

local function merge_sort(list)
  if not list or not list[2] then return list end
  return merge(merge_sort(every_other(list)), merge_sort(every_other(list[2])))
end

require "bench" (function(n)
  local list, i, last, sum = merge_sort(random_list(n)), 0, -1, 0
  while list do
    if list[1] < last then error("not sorted") end
    sum = sum + i % 8 * list[1]
    last, i, list = list[1], i + 1, list[2]
  end
  return sum % 1000003
end)
