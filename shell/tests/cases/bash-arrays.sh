# Arrays, as bash has them.
#@ bash

#:
a=(1 2 3); echo ${a[0]} ${a[1]} ${a[2]} $a ${a[3]}
#| 1 2 3 1

#:
a=(x 'y z' w); echo ${#a[@]} ${#a[1]}; printf '[%s]' "${a[@]}"; printf '[%s]' "${a[*]}"; printf '[%s]' ${a[@]}; echo
#| 3 3
#| [x][y z][w][x y z w][x][y][z][w]

#:
a=(); echo ${#a[@]} [${a[0]}]; a+=(x); a+=(y z); echo ${a[@]}
#| 0 []
#| x y z

#:
a[2]=two; a[5]=five; echo ${#a[@]} ${!a[@]} ${a[@]}
#| 2 2 5 two five

#:
a=(a b c); a[1]=B; echo ${a[@]}; unset 'a[0]'; echo ${a[@]} ${!a[@]}; unset a; echo [${a[@]}]
#| a B c
#| B c 1 2
#| []

#:
a=(1 2 3); echo ${a[-1]} ${a[-2]}; i=1; echo ${a[i]} ${a[$i]} ${a[i+1]}
#| 3 2
#| 2 2 3

#:
a=([3]=x y [1]=z); echo ${!a[@]}; echo ${a[@]}
#| 1 3 4
#| z x y

#:
x=scalar; echo ${x[0]} ${#x[@]} ${x[@]}; x[1]=more; echo ${x[@]}
#| scalar 1 scalar
#| scalar more

#:
a=(1 2); a[0]+=5; a+=(3); echo ${a[@]}; b=t; b+=u; echo $b
#| 15 2 3
#| tu

#:
a=(*.txt); echo ${#a[@]} ${a[1]}; a=({1..4}); echo ${a[@]}
#| 2 b.txt
#| 1 2 3 4

#:
a=($(echo x y z)); echo ${#a[@]}; b=("$(echo x y z)"); echo ${#b[@]}
#| 3
#| 1

#:
a=(1 2 3 4 5); echo ${a[@]:1:2} "${a[@]:3}" ${a[@]: -2}
#| 2 3 4 5 4 5

#:
a=(ab cb db); echo ${a[@]%b} ${a[@]#a} ${a[@]/b/X} ${a[@]^^}
#| a c d b cb db aX cX dX AB CB DB

#:
a=(1 2 3); for x in "${a[@]}"; do echo $x; done; for i in "${!a[@]}"; do echo $i; done
#| 1
#| 2
#| 3
#| 0
#| 1
#| 2

#:
a=(5 6); echo $((a[0] + a[1])) $((a[1]++)) ${a[1]}; ((a[0]=9)); echo ${a[@]}
#| 11 6 7
#| 9 7

#:
read -a w <<< 'one two three'; echo ${#w[@]} ${w[2]}
#| 3 three

#:
IFS=,; read -ra w <<< 'a,b c,d'; echo "${w[1]}"; a=(1 2 3); echo "${a[*]}"
#| b c
#| 1,2,3

#:
f() { local a=(x y); echo ${a[@]}; }; a=(out); f; echo ${a[@]}
#| x y
#| out

#:
declare -a a; a[1]=x; echo ${#a[@]}; declare b=v; echo $b; declare -r c=1; (c=2) 2>/dev/null || echo ro
#| 1
#| v
#| ro

#:
a=(a b); echo ${a[@]:-none} ${b[@]:-none} ${a[5]:-five} ${a[0]:+set}
#| a b none five set

#:
a=(1
2 # comment
3); echo ${a[@]}
#| 1 2 3

#:
a=("x y" z); b=("${a[@]}" w); echo ${#b[@]}; set -- "${a[@]}"; echo $#
#| 3
#| 2

#:
a=(q); [[ ${a[0]} = q ]] && echo test; [ "${a[0]}" = q ] && echo bracket
#| test
#| bracket

#:
a=(1 2 3); echo "${a[@]}" | cat; echo "x${a[@]}y"; echo "x${a[*]}y"
#| 1 2 3
#| x1 2 3y
#| x1 2 3y

#:
a[1+1]=x; i=2; a[i*2]=y; echo ${!a[@]}
#| 2 4

#:
export e=(1 2); echo ${e[1]}; sh -c 'echo [$e]'
#| 2
#| []

#:
a=(~ 'b c'); echo ${#a[@]}; a=("" ''); echo ${#a[@]}
#| 2
#| 2

#:
(readonly r=(1 2); r[0]=5) 2>/dev/null || echo refused
#| refused

#: elements are added one by one
a=(x); a+=(y "z w"); for i in 1 2 3; do a+=($i); done; echo "${#a[@]} ${a[2]} ${a[5]} ${a[-1]}"
b=text; b+=(more); echo "${b[0]} ${b[1]}"; unset c; c+=([3]=d e); echo "${!c[@]}"
#| 6 z w 3 3
#| text more
#| 3 4
