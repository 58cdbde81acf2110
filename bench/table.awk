# The table: seconds of the first implementation, and how many times each other's time that is.
function cell(p, i,    r) {
    if (status[p, i] == "") return "-"
    if (status[p, i] != "ok") return status[p, i]
    r = ratio(p, implementations[1], i, clock)
    if (r < 0) return "?"
    logs[i] += log(r)
    count[i]++
    return sprintf("%.2f", r)
}

END {
    first = implementations[1]
    printf "%-16s %10s", "program", first " s"
    for (k = 2; k <= implementation_count; k++) printf " %11s", "/" implementations[k]
    printf "\n"
    for (n = 1; n <= program_count; n++) {
        p = programs[n]
        printf "%-16s %10s", p, status[p, first] == "ok" ? sprintf("%.3f", median(p, first, clock)) : status[p, first]
        for (k = 2; k <= implementation_count; k++) printf " %11s", cell(p, implementations[k])
        printf "\n"
    }
    if (implementation_count > 1) {
        printf "%-16s %10s", "geometric mean", ""
        for (k = 2; k <= implementation_count; k++) {
            i = implementations[k]
            printf " %11s", count[i] ? sprintf("%.2f", exp(logs[i] / count[i])) : "-"
        }
        printf "\n%-16s %10s", "programs", ""
        for (k = 2; k <= implementation_count; k++) printf " %11d", count[implementations[k]]
        printf "\n"
    }
}
