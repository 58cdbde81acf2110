local function build(depth)
  if depth == 0 then return { left = false, right = false } end
  return { left = build(depth - 1), right = build(depth - 1) }
end

local function count(tree)
  if tree.left then return 1 + count(tree.left) + count(tree.right) end
  return 1
end

require "bench" (function(n)
  local kept, total = build(n), 0
  for depth = 4, n, 2 do
    for _ = 1, 2 ^ (4 + n - depth) do total = total + count(build(depth)) end
  end
  return total + count(kept)
end)
