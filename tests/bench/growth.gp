# SPDX-License-Identifier: LGPL-2.1-or-later
# The plot of "sh tests/bench/growth": growth.dat of the working directory to `svg`.
set terminal svg size 900,1100 font "sans-serif,11" background "white"
set output svg
set multiplot layout 4,2
set logscale y
set grid
set key top left
set ylabel "microseconds"
axes = "processes namespaces sessions mounts lines groups entries trash"
do for [axis in axes] {
        set title axis
        set logscale x
        rows(method) = sprintf("< awk '$1 == \"%s\" && $3 == \"\\\"%s\\\"\" { $2 += 1; print }' growth.dat", axis, method)
        first = axis eq "entries" || axis eq "trash" ? "end=close" : "privtmp"
        plot rows("bare") using 2:5 with linespoints title "bare open" lc rgb "#999999" pt 6, \
             rows("bare") using 2:9 with linespoints title "bare close" lc rgb "#bbbbbb" pt 4, \
             rows(first) using 2:5:4:6 with yerrorlines title "open" lc rgb "#4477aa" pt 7, \
             rows(first) using 2:9:8:10 with yerrorlines title "close" lc rgb "#cc6677" pt 5, \
             rows("end=close") using 2:9 with linespoints title "close, end=close" lc rgb "#ddaa33" pt 9
}
unset multiplot
