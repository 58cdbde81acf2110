local floor = math.floor

local function tenths(x) -- to even when half way, as Scheme's round
  local y = 10.0 * x
  local down = floor(y)
  if y - down < 0.5 or (y - down == 0.5 and down % 2 == 0) then return down end
  return down + 1
end

require "bench" (function(n)
  local stations, rows = {}, 0
  for line in io.lines(arg[2]) do
    local i = line:find(";", 1, true)
    local name, temperature = line:sub(1, i - 1), tonumber(line:sub(i + 1))
    local s = stations[name]
    if s then
      if temperature < s.least then s.least = temperature end
      if temperature > s.largest then s.largest = temperature end
      s.sum = s.sum + temperature
      s.count = s.count + 1
    else
      stations[name] = { least = temperature, largest = temperature, sum = temperature, count = 1 }
    end
    rows = rows + 1
  end
  if rows ~= n then error("the file has another number of rows") end
  local names = {}
  for name in pairs(stations) do names[#names + 1] = name end
  table.sort(names)
  local digest = 0
  for _, name in ipairs(names) do
    local s = stations[name]
    digest = (digest * 31 + tenths(s.least) + tenths(s.largest) + tenths(s.sum / s.count)) % 1000003
  end
  return digest
end)
