# Special builtins (XCU 2.15).

#:
break 2>/dev/null; echo on
#| on

#:
:; echo $?; : a b c; echo $?; : > f; ls f
#| 0
#| 0
#| f

#:
: ${x:=set}; echo $x
#| set

#:
echo 'echo in file; x=from' > s; . ./s; echo $x
#| in file
#| from

#:
echo 'return 4; echo no' > s; . ./s; echo $?
#| 4

#:
echo 'false' > s; . ./s; echo $?; : > s; . ./s; echo $?
#| 1
#| 0

#:
mkdir d; echo 'echo found' > d/s; PATH=$PWD/d:$PATH; . s
#| found

#:
echo 'exit 3' > s; (. ./s; echo no); echo $?
#| 3

#:
echo 'set -- x y' > s; set -- a; . ./s; echo $*
#| x y

#:
echo 'for i in 1 2; do echo $i; break; done' > s; . ./s
#| 1

#:
eval; echo $?; eval ''; echo $?; eval echo a b; eval 'echo a; echo b'
#| 0
#| 0
#| a b
#| a
#| b

#:
eval false; echo $?; eval '(exit 5)'; echo $?
#| 1
#| 5

#:
x='echo $y'; y=1; eval $x; eval "$x"; eval "x=2"; echo $x
#| 1
#| 1
#| 2

#:
eval 'eval "eval echo deep"'
#| deep

#:
eval 'x=1
y=2'; echo $x$y
#| 12

#:
for n in a b; do eval "v_$n=$n$n"; done; echo $v_a $v_b
#| aa bb

#:
exec echo replaced; echo no
#| replaced

#:
exec sh -c 'echo $0 $1' n arg; echo no
#| n arg

#:
(exec false); echo $?
#| 1

#:
exec 3>f 4>g; echo a >&3; echo b >&4; exec 3>&- 4>&-; cat f g
#| a
#| b

#:
exec < a.txt; read x; echo $x
#| alpha

#:
exec 2>/dev/null; nosuch; echo $?
#| 127

#:
x=1 exec sh -c 'echo $x'
#| 1

#:
exit

#:
(exit); echo $?; false; (exit); echo $?
#| 0
#| 1

#:
exit 7
#= 7

#:
trap 'exit 4' EXIT; exit 3
#= 4

#:
trap 'echo a' EXIT; trap 'echo b' EXIT; echo c
#| c
#| b

#:
trap 'echo $?' EXIT; exit 3
#| 3
#= 3

#:
trap 'x=1' EXIT; (echo sub); trap - EXIT
#| sub

#:
export x=1 y; y=2; sh -c 'echo $x $y'
#| 1 2

#:
export x; x=3; sh -c 'echo $x'; export x=4; sh -c 'echo $x'
#| 3
#| 4

#:
export -p | grep -c HOME
#| 1

#:
x='a b'; export x; export -p | grep -c "x="
#| 1

#:
export a=1 b=2 c; sh -c 'echo $a$b[$c]'
#| 12[]

#:
x='p q'; export y=$x; echo "$y"
#| p q

#:
readonly a=1 b; echo $a; (b=2) 2>/dev/null || echo ro
#| 1
#| ro

#:
readonly x=1; readonly -p | grep -c x=
#| 1

#:
readonly x=1; (unset x) 2>/dev/null || echo no; echo $x
#| no
#| 1

#:
readonly x; readonly x; echo $?
#| 0

#:
f() { return 2; }; f; echo $?
#| 2

#:
set -- a b c; echo $#; set --; echo $#
#| 3
#| 0

#:
set -- -a -b; echo $1 $2; set -- -- x; echo $1
#| -a -b
#| --

#:
set a -b; echo $1 $2
#| a -b

#:
set -x 2>/dev/null; set +x 2>/dev/null; echo quiet
#| quiet
#!*

#:
set -o noglob; echo *.txt; set +o noglob; echo *.txt
#| *.txt
#| a.txt b.txt

#:
set -o | grep -c errexit; set +o | grep -c 'set +o errexit'
#| 1
#| 1

#:
x=1; set | grep -c '^x='
#| 1

#:
set -a; x=exp; set +a; y=no; sh -c 'echo [$x][$y]'
#| [exp][]

#:
set -v; set +v; echo done
#| done

#:
opts=$(set +o); set -f; eval "$opts"; echo *.txt
#| a.txt b.txt

#:
set -e -u; case $- in *e*) echo e;; esac; case $- in *u*) echo u;; esac
#| e
#| u

#:
set -eu +u; echo [$nosuch]
#| []

#:
set -- a b c; shift; echo $1; shift 2; echo $#
#| b
#| 0

#:
set -- a; shift 1; echo $?; (shift) 2>/dev/null || echo none
#| 0
#| none

#:
times | wc -l | tr -d ' '; times > /dev/null; echo $?
#| 2
#| 0

#:
x=1; unset x; echo [$x]; unset x; echo $?
#| []
#| 0

#: unset without -f forgets no function
x=1; f() { :; }; unset x f; echo [$x]; f; echo $?
#| []
#| 0

#:
x=1 y=2; unset x y; echo [$x$y]
#| []

#:
f() { echo f; }; unset -f f nosuch; echo $?
#| 0

#:
x=1; unset -v x; echo [$x]
#| []

#:
continue 2>/dev/null; echo on
#| on

#:
for i in 1 2 3; do continue; echo no; done; echo $i
#| 3

#:
i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i -lt 4 ] && continue; echo $i; done
#| 4
#| 5

#:
exec 4>&1 > out; echo hidden; exec >&4; cat out
#| hidden

#:
exec 3< a.txt; read x <&3; echo $x; exec 3<&-; (read y <&3) 2>/dev/null || echo closed
#| alpha
#| closed

#:
(exec echo gone; echo no); echo on
#| gone
#| on

#:
trap 'echo bye $?' EXIT; echo on; exit 3
#| on
#| bye 3
#= 3

#:
(trap 'echo sub' EXIT; echo in); trap 'echo out' 0; trap; echo end
#| in
#| sub
#| trap -- 'echo out' EXIT
#| end
#| out

#:
trap 'echo no' EXIT; trap - EXIT; trap 'exit 5' EXIT; false
#= 5

#:
trap 'echo bye' EXIT; (echo sub); f() { exit 2; }; f
#| sub
#| bye
#= 2

#: an assignment to a read-only variable ends the shell
readonly r=1; echo $r; (r=2) 2>/dev/null; echo $? $r
#| 1
#| 2 1

#: the status of a refused unset
(readonly r; unset r) 2>/dev/null; echo $?
#| 2

#:
x=1; f() { local x; x=2; }; f; echo $x
#| 1

#:
{ echo a; break; echo b; }; echo c
#| a
#| b
#| c

#:
eval 'for i in 1 2; do echo $i; done'; eval 'f() { echo f$1; }'; f 1
#| 1
#| 2
#| f1

#:
true && if false; then :; else echo else; fi || echo no
#| else

#:
! if true; then false; fi; echo $?
#| 0

#:
for i in 1 2 3; do (exit $i) & done; wait; echo done
#| done

#:
while read l; do echo "got $l"; done < a.txt; for i in 1; do cat; done < b.txt
#| got alpha
#| beta

#:
{ for i in 1 2; do echo $i; done; } | { while read i; do echo x$i; done; }
#| x1
#| x2

#:
i=0; while :; do i=$((i+1)); [ $i -gt 100 ] && break; done; echo $i
#| 101

#:
(for i in 1 2; do echo $i; exit 3; done); echo $?
#| 1
#| 3

#:
x='a b c'; set -- $x; for a; do shift; done; echo $#
#| 0
