require "bench" (function(n)
  local prime = {}
  for i = 0, n - 1 do prime[i + 1] = true end
  local count = 0
  for i = 2, n - 1 do
    if prime[i + 1] then
      for j = i * i, n - 1, i do prime[j + 1] = false end
      count = count + 1
    end
  end
  return count
end)
