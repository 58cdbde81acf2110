local words = { [0] = "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta" }

local function line(i)
  return "line " .. i .. ": " .. words[i % 7] .. "-" .. words[i * 3 % 7] .. " = " .. i * i
end

require "bench" (function(n)
  local total, marks = 0, 0
  for i = 0, n - 1 do
    local s = line(i) .. ";"
    total = total + #s
    if s:sub(6, 6) == "7" then marks = marks + 1 end
  end
  return total * 10 + marks % 10
end)
