from bench import benchmark


class Account:
    __slots__ = ("id", "owner", "balance")

    def __init__(self, id, owner, balance):
        self.id, self.owner, self.balance = id, owner, balance


def transfer(source, to, amount):
    if isinstance(source, Account) and isinstance(to, Account) and source.balance >= amount:
        source.balance -= amount
        to.balance += amount
        return 1
    return 0


def run(n):
    accounts = [Account(i, "nobody", 1000) for i in range(1000)]
    done = 0
    for i in range(n):
        k = i * 7 % 1000
        source, to = accounts[k], accounts[(i * 13 + 1) % 1000]
        if i % 10 == 0:
            accounts[k] = Account(source.id, "somebody", source.balance)
        done += transfer(source, to, i % 100)
    return done + sum(a.id % 10 * a.balance for a in accounts)


benchmark(run)
