local parts = {}
for i = 0, 99 do parts[i + 1] = "field" .. i end
local line = table.concat(parts, ",")

local function split(s, separator)
  local fields, count, start = {}, 0, 1
  local code = separator:byte()
  for i = 1, #s do
    if s:byte(i) == code then
      count = count + 1
      fields[count] = s:sub(start, i - 1)
      start = i + 1
    end
  end
  fields[count + 1] = s:sub(start)
  return fields
end

local function reverse(list)
  local result, count = {}, #list
  for i = 1, count do result[i] = list[count + 1 - i] end
  return result
end

require "bench" (function(n)
  local sum = 0
  for _ = 1, n do
    local joined = table.concat(reverse(split(line, ",")), ";")
    sum = sum + #joined + #split(joined, ";")
  end
  return sum
end)
