local byte, char = string.byte, string.char
local text = "It was a bright cold day in April, and the clocks were striking thirteen. 1984 (pp. 3-27)"

local function turn(c, by, base) return base + (c - base + by) % 26 end

local function rotate(c, by)
  if c >= 65 and c <= 90 then return turn(c, by, 65) end
  if c >= 97 and c <= 122 then return turn(c, by, 97) end
  return c
end

local function cipher(s, by)
  local result = {}
  for i = 1, #s do result[i] = char(rotate(byte(s, i), by)) end
  return table.concat(result)
end

local function checksum(s)
  local sum = 0
  for i = 1, #s do
    local c = byte(s, i)
    local letter = c >= 65 and c <= 90 or c >= 97 and c <= 122
    sum = sum + (c >= 97 and c <= 122 and c - 32 or c)
    if letter then sum = sum + 1 end
    if c >= 48 and c <= 57 then sum = sum + 10 end
    if c == 32 then sum = sum + 100 end
  end
  return sum
end

require "bench" (function(n)
  local sum = 0
  for i = 0, n - 1 do
    local there = cipher(text, i % 26)
    local back = cipher(there, 26 - i % 26)
    sum = sum + checksum(there) + (back == text and 1 or 0)
  end
  return sum
end)
