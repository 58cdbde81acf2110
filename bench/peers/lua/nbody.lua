local sqrt = math.sqrt
local pi = 3.141592653589793
local solar_mass = 4.0 * pi * pi
local days = 365.24

local function planet(x, y, z, vx, vy, vz, mass)
  return { x = x, y = y, z = z, vx = vx * days, vy = vy * days, vz = vz * days, mass = mass * solar_mass }
end

local function make_system()
  return {
    planet(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
      0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
      0.000954791938424326609),
    planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
      -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929,
      0.000285885980666130812),
    planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
      0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
      0.0000436624404335156298),
    planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
      0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
      0.0000515138902046611451),
  }
end

local function stand_still(system)
  local px, py, pz = 0.0, 0.0, 0.0
  for _, b in ipairs(system) do
    px = px + b.mass * b.vx
    py = py + b.mass * b.vy
    pz = pz + b.mass * b.vz
  end
  local sun = system[1]
  sun.vx, sun.vy, sun.vz = -px / solar_mass, -py / solar_mass, -pz / solar_mass
end

local function energy(system)
  local e = 0.0
  for i = 1, #system do
    local b = system[i]
    e = e + 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz)
    for j = i + 1, #system do
      local o = system[j]
      local dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
      e = e - b.mass * o.mass / sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return e
end

local function step(system, dt)
  local count = #system
  for i = 1, count do
    local b = system[i]
    for j = i + 1, count do
      local o = system[j]
      local dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
      local d2 = dx * dx + dy * dy + dz * dz
      local magnitude = dt / (d2 * sqrt(d2))
      local by_o, by_b = o.mass * magnitude, b.mass * magnitude
      b.vx = b.vx - dx * by_o
      b.vy = b.vy - dy * by_o
      b.vz = b.vz - dz * by_o
      o.vx = o.vx + dx * by_b
      o.vy = o.vy + dy * by_b
      o.vz = o.vz + dz * by_b
    end
  end
  for i = 1, count do
    local b = system[i]
    b.x = b.x + dt * b.vx
    b.y = b.y + dt * b.vy
    b.z = b.z + dt * b.vz
  end
end

require "bench" (function(n)
  local system = make_system()
  stand_still(system)
  for _ = 1, n do step(system, 0.01) end
  return math.floor(1e9 * energy(system) + 0.5)
end)
