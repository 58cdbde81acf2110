-- What raise-continuable asks, a procedure passed along answers: Lua has no handlers that return.
local function check(i)
  if i % 3 == 0 then error("third", 0) end
  return i
end

local function middle(i) return 1 + check(i) end

local function attempt(i)
  local ok, result = pcall(middle, i)
  if ok then return 1 + result end
  if result == "third" then return 100 end
  error(result, 0)
end

local function call_with_handler(handler, body) return body(handler) end

local function ask(i)
  return call_with_handler(function(c) return c + 1 end,
    function(handler) return i + handler(i) end)
end

require "bench" (function(n)
  local sum = 0
  for i = 0, n - 1 do sum = sum + attempt(i) + ask(i) end
  return sum
end)
