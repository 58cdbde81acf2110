# An SVG chart: a bar a program, the first implementation's time in units of another's, on a logarithmic scale; dots for
# the rest. Left of the line at 1 is faster.
function x_of(r,    l) {
    l = log(r) / log(2)
    if (l < low) l = low
    if (l > high) l = high
    return left + (l - low) * unit
}

function text(x, y, anchor, s) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, s
}

END {
    first = implementations[1]
    if (against == "") {
        against = implementation_count > 1 ? implementations[2] : first
        for (k = 1; k <= implementation_count; k++) if (implementations[k] == "lua") against = "lua"
    }
    split("#3b6ea5 #c0504d #2a8f5b #8064a2 #d08a1d #4bacc6 #7f7f7f #a0522d #1f1f1f", colours, " ")
    rows = 0
    for (n = 1; n <= program_count; n++) if (ratio(programs[n], first, against, clock) > 0) shown[++rows] = programs[n]

    low = -6; high = 6; left = 130; unit = 48; row = 18; top = 56
    width = left + (high - low) * unit + 70
    height = top + (rows + 1) * row + 14
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" ", width, height, width, height
    printf "font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
    text(left, 14, "start", "bars: kiln (" first "), dots: others; time in units of " against "'s, left is faster")
    x = left
    for (k = 2; k <= implementation_count; k++) {
        i = implementations[k]
        if (i == against) continue
        printf "<circle cx=\"%d\" cy=\"26\" r=\"3.5\" fill=\"%s\"/>\n", x + 4, colours[k]
        text(x + 11, 30, "start", i)
        x += 24 + 7 * length(i)
    }
    for (e = low; e <= high; e++) {
        x = left + (e - low) * unit
        printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"/>\n",
            x, top - 6, x, top + (rows + 1) * row, e == 0 ? "#404040" : "#e4e4e4"
        text(x, top - 10, "middle", e < 0 ? "1/" 2 ^ -e : 2 ^ e "")
    }
    one = left - low * unit
    sum = 0
    for (n = 1; n <= rows + 1; n++) {
        if (n <= rows) {
            p = shown[n]
            r = ratio(p, first, against, clock)
            sum += log(r)
        } else if (rows > 0) {
            p = "geometric mean"
            r = exp(sum / rows)
        } else {
            break
        }
        y = top + (n - 1) * row
        x = x_of(r)
        text(left - 6, y + 12, "end", p)
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"11\" fill=\"%s\" fill-opacity=\"%s\"/>\n",
            (x < one ? x : one), y + 2.5, (x < one ? one - x : x - one), colours[1], (n > rows ? 1 : 0.75)
        text(left + (high - low) * unit + 8, y + 12, "start", sprintf("%.2f", r))
        for (k = 2; k <= implementation_count; k++) {
            i = implementations[k]
            if (i == against || n > rows) continue
            r = ratio(p, i, against, clock)
            if (r > 0) printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", x_of(r), y + 8, colours[k]
        }
    }
    print "</svg>"
}
