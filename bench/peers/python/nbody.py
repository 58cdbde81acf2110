from math import sqrt

from bench import benchmark

PI = 3.141592653589793
SOLAR_MASS = 4.0 * PI * PI
DAYS = 365.24


class Body:
    __slots__ = ("x", "y", "z", "vx", "vy", "vz", "mass")

    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx * DAYS, vy * DAYS, vz * DAYS
        self.mass = mass * SOLAR_MASS


def make_system():
    return [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        Body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
             0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
             0.000954791938424326609),
        Body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
             -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929,
             0.000285885980666130812),
        Body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
             0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
             0.0000436624404335156298),
        Body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
             0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
             0.0000515138902046611451),
    ]


def stand_still(system):
    px = py = pz = 0.0
    for b in system:
        px += b.mass * b.vx
        py += b.mass * b.vy
        pz += b.mass * b.vz
    sun = system[0]
    sun.vx, sun.vy, sun.vz = -px / SOLAR_MASS, -py / SOLAR_MASS, -pz / SOLAR_MASS


def energy(system):
    e = 0.0
    for i, b in enumerate(system):
        e += 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz)
        for o in system[i + 1:]:
            dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
            e -= b.mass * o.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return e


def step(system, pairs, dt):
    for b, o in pairs:
        dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
        d2 = dx * dx + dy * dy + dz * dz
        magnitude = dt / (d2 * sqrt(d2))
        by_o, by_b = o.mass * magnitude, b.mass * magnitude
        b.vx -= dx * by_o
        b.vy -= dy * by_o
        b.vz -= dz * by_o
        o.vx += dx * by_b
        o.vy += dy * by_b
        o.vz += dz * by_b
    for b in system:
        b.x += dt * b.vx
        b.y += dt * b.vy
        b.z += dt * b.vz


def run(n):
    system = make_system()
    pairs = [(b, o) for i, b in enumerate(system) for o in system[i + 1:]]
    stand_still(system)
    for _ in range(n):
        step(system, pairs, 0.01)
    return round(1e9 * energy(system))


benchmark(run)
