require "bench" (function(n)
  local count = 0
  for _ = 1, n do
    for _ = 1, n do
      for _ = 1, n do
        for _ = 1, n do
          for _ = 1, n do
            for _ = 1, n do count = count + 1 end
          end
        end
      end
    end
  end
  return count
end)
