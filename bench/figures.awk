# Reads build/bench.facts and build/bench.tsv; the views (table.awk, json.awk, chart.awk) come after this file and
# print in END. What they find:
#   programs[1..program_count], implementations[1..implementation_count]   names in the order of measuring
#   size[p], result[p]                                                     of program p
#   status[p, i]                                   "" not run; ok; wrong; failed (the worst of all runs)
#   median(p, i, clock)                            seconds; clock: cpu, wall, whole, whole_wall; -1 when there is none
BEGIN { FS = "\t" }

FILENAME ~ /facts$/ {
    if ($1 == "implementation") {
        implementations[++implementation_count] = $2
        version[$2] = $3
    } else {
        fact[$1] = $2
    }
    next
}

{
    if (!($1 in size)) programs[++program_count] = $1
    size[$1] = $2
    if ($5 != "ok" || status[$1, $3] == "") {
        if (status[$1, $3] == "" || status[$1, $3] == "ok") status[$1, $3] = $5
    }
    if ($5 == "ok") {
        result[$1] = $10
        keep($1, $3, "cpu", $6)
        keep($1, $3, "wall", $7)
        keep($1, $3, "whole", $8)
        keep($1, $3, "whole_wall", $9)
    }
}

function keep(program, implementation, clock, seconds) {
    if (seconds != "-") sample[program, implementation, clock, ++samples[program, implementation, clock]] = seconds + 0
}

function median(program, implementation, clock,    n, i, j, x, sorted) {
    n = samples[program, implementation, clock] + 0
    if (n == 0) return -1
    for (i = 1; i <= n; i++) {
        x = sample[program, implementation, clock, i]
        for (j = i - 1; j >= 1 && sorted[j] > x; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = x
    }
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

# The time of a in units of b's; -1 when one of them has none.
function ratio(program, a, b, clock,    x, y) {
    if (status[program, a] != "ok" || status[program, b] != "ok") return -1
    x = median(program, a, clock)
    y = median(program, b, clock)
    return x > 0 && y > 0 ? x / y : -1
}
