# Positional and special parameters, variables (XCU 2.5).

#:
set -- a b c; echo $1 $2 $3 $# "$*"
#| a b c 3 a b c

#:
set -- 1 2 3 4 5 6 7 8 9 ten eleven; echo $10 ${10} ${11} $#
#| 10 ten eleven 11

#:
set -- a 'b c'; for x in "$@"; do echo "[$x]"; done
#| [a]
#| [b c]

#:
set -- a 'b c'; for x in $@; do echo "[$x]"; done
#| [a]
#| [b]
#| [c]

#:
set -- a 'b c'; for x in "$*"; do echo "[$x]"; done
#| [a b c]

#:
set -- a 'b c'; for x in $*; do echo "[$x]"; done
#| [a]
#| [b]
#| [c]

#:
set --; for x in "$@"; do echo "[$x]"; done; echo none
#| none

#:
set --; for x in "$*"; do echo "[$x]"; done
#| []

#:
set --; printf '[%s]' "a$@b"; echo
#| [ab]

#:
set -- 1 2 3; printf '[%s]' "a$@b"; echo
#| [a1][2][3b]

#:
set -- 1 2 3; printf '[%s]' a$*b; echo
#| [a1][2][3b]

#:
set -- 1 2; printf '[%s]' "$@$@"; echo
#| [1][21][2]

#:
set -- ''; echo $#; printf '[%s]' "$@"; echo
#| 1
#| []

#:
set -- '' ''; printf '[%s]' "$@"; echo; printf '[%s]' $@; echo
#| [][]
#| []

#:
IFS=,; set -- a b c; echo "$*"; echo $*
#| a,b,c
#| a b c

#:
IFS=; set -- a b c; echo "$*"; printf '[%s]' $*; echo
#| abc
#| [a][b][c]

#:
unset IFS; set -- a b c; echo "$*"
#| a b c

#:
IFS=', '; set -- a b; echo "$*"
#| a,b

#:
false; echo $?; (exit 7); echo $?; echo $?
#| 1
#| 7
#| 0

#:
echo $# $* $@
#| 0

#:
set -- "$@" x; set -- "$@" y; echo $# $*
#| 2 x y

#:
echo ${#}; set -- a b; echo ${#} $#x
#| 0
#| 2 2x

#:
case $$ in *[!0-9]*|'') echo bad;; *) echo number;; esac
#| number

#:
echo $(echo $$) | grep -c "^$$\$"
#| 1

#:
(echo $$) | grep -c "^$$\$"
#| 1

#:
: & case $! in *[!0-9]*|'') echo bad;; *) echo number;; esac; wait
#| number

#:
echo [$!]
#| []

#:
set -f; case $- in *f*) echo f;; esac; set +f; case $- in *f*) echo f;; *) echo none;; esac
#| f
#| none

#:
set -u -C; case $- in *u*) echo u;; esac; case $- in *C*) echo C;; esac
#| u
#| C

#:
echo $0; sh -c 'echo $0' name; sh -c 'echo $0 $1 $#' n a b
#| sh
#| name
#| n a 2

#:
x=5; echo $x ${x} "$x" '$x' $x$x ${x}y $xy
#| 5 5 5 $x 55 5y

#:
_a1=under; echo $_a1
#| under

#:
x=1; unset x; echo [$x] ${x-unset}
#| [] unset

#:
x=; echo ${x-unset} [${x:-null}]
#| [null]

#:
HOME=/h; echo ~ $HOME
#| /h /h

#:
IFS=; x='a b'; printf '[%s]' $x; echo
#| [a b]

#: LINENO
echo $LINENO
echo $LINENO

echo $LINENO
#| 1
#| 2
#| 4

#:
PS4='> '; echo "$PS4"
#| > 

#:
printf %s "$IFS" | od -An -tx1
#|  20 09 0a

#:
echo $OPTIND
#| 1

#:
x=1 y=$x; echo $y
#| 1

#:
x=a; x=$x$x; x=$x$x; echo $x
#| aaaa

#:
shift 0; set -- a b c; shift; echo $*; shift 2; echo $#
#| b c
#| 0

#:
set a b; echo $1 $2; set -- -x; echo $1
#| a b
#| -x

#:
set -- a b; sh -c 'echo $#' ; echo $#
#| 0
#| 2

#:
f() { echo $# $1; }; set -- x y; f a; echo $# $1
#| 1 a
#| 2 x

#:
a=1; (a=2; echo $a); echo $a
#| 2
#| 1

#:
PWD=/nonsense; cd dir; echo ${PWD##*/}
#| dir

#:
cd dir; echo ${OLDPWD##*/} | grep -c .; cd ..; echo ${PWD##*/} | grep -vc dir
#| 1
#| 1

#:
export x=1; sh -c 'echo $x'; x=2; sh -c 'echo $x'; unset x; sh -c 'echo [$x]'
#| 1
#| 2
#| []

#:
x=1; export x; x=2 sh -c 'echo $x'; echo $x
#| 2
#| 1

#:
set -- one; echo ${1}1 "$1"1 $11
#| one1 one1 one1
