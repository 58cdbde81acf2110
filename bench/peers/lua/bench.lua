-- What every program here ends with: the counterpart of programs/bench.sld. The runner compares the result.
return function(run)
  local size = tonumber(arg[1])
  local start = os.clock()
  local result = run(size)
  print("cpu " .. os.clock() - start)
  print("result " .. string.format("%d", result))
end
