# SPDX-License-Identifier: LGPL-2.1-or-later
# The plot of "sh tests/bench/run": sessions.dat and logins.dat of the working directory to `svg`.
set terminal svg size 900,1000 font "sans-serif,12" background "white"
set output svg
set multiplot layout 3,1
set style fill solid 0.4
set boxwidth 0.35
set grid ytics
set ytics nomirror
set xtics rotate by -20 nomirror
set xrange [-0.6:*]
set offsets 0, 0.6, 0, 0
set yrange [0:*]
set ylabel "microseconds"
set key top left
set title "Open and close of a session: median and quartiles"
set logscale y
set yrange [8:*]
plot "sessions.dat" using ($0-0.18):3:(0.35):xtic(1) with boxes title "open" lc rgb "#4477aa", \
     "" using ($0-0.18):3:2:4 with yerrorbars notitle lc rgb "#224466" ps 0, \
     "" using ($0+0.18):7:(0.35) with boxes title "close" lc rgb "#cc6677", \
     "" using ($0+0.18):7:6:8 with yerrorbars notitle lc rgb "#773344" ps 0
set yrange [1000:*]
set title "A whole login, loading of the module included: median and quartiles"
plot "< grep -E '^\"(su|sudo|ssh)\"' logins.dat" using 0:4:(0.6):xtic(strcol(1)." ".strcol(2)) with boxes notitle lc rgb "#4477aa", \
     "" using 0:4:3:5 with yerrorbars notitle lc rgb "#224466" ps 0
set yrange [100:*]
set title "What is loaded (of a program that does nothing else), and a private /tmp without PAM"
plot "< grep -E '^\"(load|command)\"' logins.dat" using 0:4:(0.6):xtic(strcol(1)." ".strcol(2)) with boxes notitle lc rgb "#4477aa", \
     "" using 0:4:3:5 with yerrorbars notitle lc rgb "#224466" ps 0
unset multiplot
