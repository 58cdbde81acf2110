# {"date", "machine", "runs", "implementations": {name: version}, "programs": [{"name", "size", "result",
#  "times": {implementation: {"status", "cpu", "wall", "whole", "whole_wall"}}}]}; medians in seconds.
function quoted(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    gsub(/[\001-\037]/, " ", s)
    return "\"" s "\""
}

function times(p, i,    s, k, n, clocks, m) {
    s = "{\"status\": " quoted(status[p, i])
    n = split("cpu wall whole whole_wall", clocks, " ")
    for (k = 1; k <= n; k++) {
        m = median(p, i, clocks[k])
        if (m >= 0) s = s sprintf(", \"%s\": %.6f", clocks[k], m)
    }
    return s "}"
}

END {
    printf "{\n  \"date\": %s,\n  \"machine\": %s,\n  \"runs\": %d,\n  \"implementations\": {",
        quoted(fact["date"]), quoted(fact["machine"]), fact["runs"]
    for (k = 1; k <= implementation_count; k++)
        printf "%s\n    %s: %s", (k > 1 ? "," : ""), quoted(implementations[k]), quoted(version[implementations[k]])
    printf "\n  },\n  \"programs\": ["
    for (n = 1; n <= program_count; n++) {
        p = programs[n]
        printf "%s\n    {\"name\": %s, \"size\": %s, \"result\": %s, \"times\": {",
            (n > 1 ? "," : ""), quoted(p), size[p], quoted(result[p])
        separator = ""
        for (k = 1; k <= implementation_count; k++) {
            if (status[p, implementations[k]] == "") continue
            printf "%s\n      %s: %s", separator, quoted(implementations[k]), times(p, implementations[k])
            separator = ","
        }
        printf "\n    }}"
    }
    printf "\n  ]\n}\n"
}
