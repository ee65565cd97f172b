# Utilities that are part of the shell, or that scripts cannot do without.

#:
[ a = a ]; echo $?; [ a = b ]; echo $?; [ a != b ]; echo $?; [ a ]; echo $?; [ ]; echo $?; [ '' ]; echo $?
#| 0
#| 1
#| 0
#| 0
#| 1
#| 1

#:
test 1 -eq 1 && test 2 -gt 1 && test 1 -lt 2 && test 1 -le 1 && test 1 -ge 1 && test 1 -ne 2 && echo all
#| all

#:
[ -n a ] && [ -z '' ] && [ ! a = b ] && echo ok
#| ok

#:
[ -e a.txt ] && [ -f a.txt ] && [ -d dir ] && [ ! -e no ] && [ -s a.txt ] && [ -r a.txt ] && echo files
#| files

#:
[ a = a -a b = b ] && echo and; [ a = b -o b = b ] && echo or; [ \( a = a \) ] && echo paren
#| and
#| or
#| paren

#:
[ "(" = "(" ] && echo p; [ ! ] && echo bang; [ -n ] && echo n; [ = ] && echo eq
#| p
#| bang
#| n
#| eq

#:
[ 1 -eq x ] 2>/dev/null; echo $?; [ a b ] 2>/dev/null; echo $?
#| 2
#| 2

#:
printf '%s %d %x %o %c\n' str 42 255 8 char
#| str 42 ff 10 c

#:
printf '%5s|%-5s|%05d|%.2s\n' a b 42 abc
#|     a|b    |00042|ab

#:
printf '%s\n' a b c; printf '%s-%s\n' 1 2 3
#| a
#| b
#| c
#| 1-2
#| 3-

#:
printf 'a\tb\\n\n'; printf '\101\n'; printf '%b\n' 'a\tb'
#| a	b\n
#| A
#| a	b

#:
printf '%%|%s\n' x; printf '%d\n' 0x1f 010
#| %|x
#| 31
#| 8

#:
printf '%s'; printf '\n'; printf 'no args %s|\n'
#|
#| no args |

#:
echo -n a; echo b; echo "a  b" c
#| ab
#| a  b c

#:
read x < a.txt; echo $x; read x y < lib.sh; echo $x
#| alpha
#| from=lib;

#:
echo 'a b c' | { read x y; echo "$x|$y"; }
#| a|b c

#:
echo '  a  b  ' | { read x; echo "[$x]"; }
#| [a  b]

#:
printf 'a\\\nb\n' | { read x; echo $x; }
#| ab

#:
echo a:b:c | { IFS=: read x y; echo $x $y; }
#| a b:c

#:
echo 'a:b:c:' | { IFS=: read x y z; echo "$z"; }
#| c

#:
printf 'x' | { read x; echo $? $x; }
#| 1 x

#:
read x < /dev/null; echo $? [$x]
#| 1 []

#:
printf 'a\nb\n' | { read x; read y; echo $x$y; }
#| ab

#:
echo ' a ' | { IFS= read x; echo "[$x]"; }
#| [ a ]

#:
echo 'a b' | { IFS= read -r x y; echo "[$x][$y]"; }
#| [a b][]

#:
while getopts ab:c o -a -b val -c x; do echo $o $OPTARG; done; echo $OPTIND
#| a
#| b val
#| c
#| 5

#:
set -- -abval rest; while getopts ab: o; do echo $o $OPTARG; done; shift $((OPTIND-1)); echo $*
#| a
#| b val
#| rest

#:
set -- -x; getopts :a o; echo $o $OPTARG; set -- -a; OPTIND=1; getopts :a: o; echo $o $OPTARG
#| ? x
#| : a

#:
set -- -a -- -b; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $*
#| a
#| -b

#:
set -- a -b; getopts b o; echo $? $o $OPTIND
#| 1 ? 1

#:
set -- -z; getopts a o 2>/dev/null; echo $? $o
#| 0 ?

#:
f() { OPTIND=1; while getopts v o; do echo $o; done; }; f -v; f -vv
#| v
#| v
#| v

#:
cd dir; pwd | grep -c dir; cd ..; cd ./dir/../dir; cat c.txt; cd -- ..; cat a.txt
#| 1
#| gamma
#| alpha

#:
cd dir; cd - > /dev/null; cat a.txt; cd nosuch 2>/dev/null || echo no
#| alpha
#| no

#:
cd; cat c.txt; HOME=$OLDPWD; cd; cat a.txt
#| gamma
#| alpha

#:
mkdir -p p/q; cd p/q; cd ../..; ls a.txt
#| a.txt

#:
true; echo $?; false; echo $?
#| 0
#| 1

#: hash
hash; echo $?; hash nosuch 2>/dev/null || echo no; hash -r; echo $?
#| 0
#| no
#| 0

#:
ulimit | grep -c .; ulimit -n | grep -c .
#| 1
#| 1

#:
type echo nosuch 2>/dev/null | grep -c echo
#| 1

#:
command -v cd; command -v nosuch || echo none
#| cd
#| none

#:
let 'x=1+2' 2>/dev/null || x=3; echo $x
#| 3

#:
echo a b | { read -r x; set -- $x; echo $2; }
#| b

#:
wait; echo $?; jobs
#| 0

#:
sleep 100 & kill $!; wait $!; echo $?
#| 143
#!*

#:
sleep 100 & kill -9 $!; wait $!; echo $?
#| 137
#!*

#:
echo 'a b  c d' | { read x y; echo "$x|$y"; }; echo '  lead  trail  ' | { read x; echo "<$x>"; }
#| a|b  c d
#| <lead  trail>

#:
echo 'a:b::c' | { IFS=: read w x y z; echo "$w|$x|$y|$z"; }; echo a | { read x y; echo "$x|$y"; }
#| a|b||c
#| a|

#:
printf 'a\\\nb\n' | { read x; echo "$x"; }; printf 'a\\nb\n' | { read -r x; printf '%s\n' "$x"; }
#| ab
#| a\nb

#:
read x < a.txt; echo $x $?; printf 'no newline' | { read x; echo $? $x; }; read x < /dev/null; echo $?
#| alpha 0
#| 1 no newline
#| 1

#:
echo 'a:' | { IFS=: read x; echo "$x"; }; echo 'a:b:' | { IFS=: read x y; echo "$y"; }
#| a
#| b

#:
set -- -a -b arg -c rest; while getopts ab:c o; do echo "$o $OPTARG"; done; shift $((OPTIND - 1)); echo $*
#| a 
#| b arg
#| c 
#| rest

#: getopts leaves the last OPTARG
set -- -abarg x; while getopts ab: o; do echo "$o"; done; echo $OPTIND $OPTARG
#| a
#| b
#| 2 arg

#:
set -- -z; getopts :a o; echo $o $OPTARG; set -- -a; OPTIND=1; getopts :a: o; echo $o $OPTARG
#| ? z
#| : a

#:
f() { OPTIND=1; while getopts x o; do echo $o; done; }; f -x -x; f -x
#| x
#| x
#| x

#: a limit of open files is inherited
ulimit -n 25; ulimit -n; sh -c 'ulimit -n'; (ulimit -n 20); ulimit -n
#| 25
#| 25
#| 25

#: a limit of open files that cannot be
(ulimit -n 3x) || echo no
#| no
#! sh: ulimit: 3x: there can be 0 to 256 open files
