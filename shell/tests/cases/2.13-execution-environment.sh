# The execution environment and subshells (XCU 2.13).

#:
x=1; sh -c 'echo [$x]'; export x; sh -c 'echo [$x]'
#| []
#| [1]

#:
cd dir; sh -c 'cat c.txt'
#| gamma

#:
(cd dir; cat c.txt); cat a.txt
#| gamma
#| alpha

#:
set -f; (set +f; echo *.none); echo *.txt
#| *.none
#| *.txt

#:
(set -u; set +u); x=$(set -C; echo a > f; echo sub); echo b > f; cat f; echo $x
#| b
#| sub

#:
trap 'echo parent' EXIT; (echo sub)
#| sub
#| parent

#:
f() { echo f; }; (f; unset -f f); f
#| f
#| f

#:
x=1; (unset x; echo [$x]); echo $x
#| []
#| 1

#:
exec 3>f; (echo sub >&3); echo main >&3; exec 3>&-; cat f
#| sub
#| main

#:
(exec 3>f; echo in >&3); (echo no >&3) 2>/dev/null || echo closed; cat f
#| closed
#| in

#:
set -- a; (set -- b c; echo $#); echo $#
#| 2
#| 1

#:
(exit 3) ; echo $?; (true); echo $?
#| 3
#| 0

#:
x=1; { x=2; } | cat; echo $x
#| 1

#:
x=1; echo | { x=2; }; echo $x
#| 1

#:
x=1; : $(x=2); echo $x
#| 1

#:
x=1; { x=2; } & wait; echo $x
#| 1

#:
cd dir; (cd ..; cat a.txt); cat c.txt
#| alpha
#| gamma

#:
sh -c 'x=5; echo $x'; echo [$x]
#| 5
#| []

#:
x=1 sh -c 'echo $x; x=2; sh -c "echo \$x"'
#| 1
#| 2

#:
y=1; sh -c 'y=2'; echo $y
#| 1

#:
sh -e -c 'false; echo no'; echo $?
#| 1

#:
sh -u -c 'echo $nosuch' 2>/dev/null || echo unset
#| unset

#:
sh -f -c 'echo *.txt'
#| *.txt

#:
sh -n -c 'echo no'; echo $?
#| 0

#:
sh -n -c 'if' 2>/dev/null || echo syntax
#| syntax

#:
printf 'echo one\nif\n' > s; sh s 2>/dev/null; echo $? | grep -vc '^0'
#| one
#| 1

#:
printf 'echo one\necho two\n' | sh
#| one
#| two

#:
echo 'echo $1' | sh -s arg
#| arg

#:
sh -c 'exit 9'; echo $?; sh -c ''; echo $?
#| 9
#| 0

#:
sh -c 'echo "$@"' s a 'b c'; sh -c 'echo $#' s
#| a b c
#| 0
