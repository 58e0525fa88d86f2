# awk -f tools/rooms.awk rooms.txt FILES: fails on an include that rooms.txt does not allow,
# and on a scenario that includes another scenario.
FNR == NR {
    if ($0 ~ /^#/ || NF == 0) next
    room = $1; sub(":", "", room)
    for (i = 2; i <= NF; i++) may[room, $i] = 1
    next
}
match($0, /^#include "[a-z]+\//) {
    n = split(FILENAME, at, "/")
    for (i = 1; i < n; i++) if (at[i] == "src") break
    here = at[i + 1]
    if (i + 1 == n) next                      # src/main.c and the like wire everything
    there = substr($0, RSTART + 10, RLENGTH - 11)
    if (here != there && !((here, there) in may)) {
        print FILENAME ":" FNR ": " here " may not include " there; bad = 1
    }
    if (here == "scenario" && there == "scenario") {
        split($2, q, "/")
        if (q[2] != at[i + 2]) { print FILENAME ":" FNR ": a scenario may not include another"; bad = 1 }
    }
}
END { exit bad }
