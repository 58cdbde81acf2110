local Account = {}
Account.__index = Account

local function make_account(id, owner, balance)
  return setmetatable({ id = id, owner = owner, balance = balance }, Account)
end

local function is_account(a) return getmetatable(a) == Account end

local function transfer(from, to, amount)
  if is_account(from) and is_account(to) and from.balance >= amount then
    from.balance = from.balance - amount
    to.balance = to.balance + amount
    return 1
  end
  return 0
end

require "bench" (function(n)
  local accounts = {}
  for i = 0, 999 do accounts[i + 1] = make_account(i, "nobody", 1000) end
  local done = 0
  for i = 0, n - 1 do
    local k = i * 7 % 1000 + 1
    local from, to = accounts[k], accounts[(i * 13 + 1) % 1000 + 1]
    if i % 10 == 0 then accounts[k] = make_account(from.id, "somebody", from.balance) end
    done = done + transfer(from, to, i % 100)
  end
  for i = 1, 1000 do done = done + accounts[i].id % 10 * accounts[i].balance end
  return done
end)
