local byte = string.byte
local text = ("the quick brown fox jumps over the lazy dog, then sleeps all day "):rep(188)

local function count_vowels(s)
  local count = 0
  for i = 1, #s do
    local c = byte(s, i)
    if c == 97 or c == 101 or c == 105 or c == 111 or c == 117 then count = count + 1 end
  end
  return count
end

local function count_words(s)
  local in_word, count = false, 0
  for i = 1, #s do
    local space = byte(s, i) == 32
    if not space and not in_word then count = count + 1 end
    in_word = not space
  end
  return count
end

local function match(pattern, s, at)
  for i = 1, #pattern do
    if byte(pattern, i) ~= byte(s, at + i) then return false end
  end
  return true
end

local function count_pattern(pattern, s)
  local count = 0
  for i = 0, #s - #pattern do
    if match(pattern, s, i) then count = count + 1 end
  end
  return count
end

require "bench" (function(n)
  local sum = 0
  for _ = 1, n do
    sum = sum + count_vowels(text) + count_words(text) + count_pattern("then", text)
  end
  return sum
end)
