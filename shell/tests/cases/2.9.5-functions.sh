# Functions (XCU 2.9.5).

#:
f() { echo hi; }; f; f
#| hi
#| hi

#:
f () { echo space; }; f
#| space

#:
f() 
{ echo newline; }; f
#| newline

#:
f() (echo subshell; exit 3); f; echo $?
#| subshell
#| 3

#:
f() if true; then echo if; fi; f
#| if

#:
f() for i in a b; do echo $i; done; f
#| a
#| b

#:
f() while read x; do echo $x; done; f < a.txt
#| alpha

#:
f() case $1 in a) echo A;; esac; f a
#| A

#:
f() { echo $#; echo "$1|$2"; }; f; f a; f 'a b' c
#| 0
#| |
#| 1
#| a|
#| 2
#| a b|c

#:
f() { return 3; }; f; echo $?; f() { return; }; false; f; echo $?
#| 3
#| 1

#:
f() { false; return; }; f; echo $?; f() { :; }; f; echo $?
#| 1
#| 0

#:
f() { if [ $1 -gt 0 ]; then echo $1; f $(($1-1)); fi; }; f 3
#| 3
#| 2
#| 1

#:
f() { x=global; }; x=before; f; echo $x
#| global

#:
f() { local x=in; echo $x; }; x=out; f; echo $x
#| in
#| out

#:
f() { local x; x=in; g; }; g() { echo $x; }; x=out; f; echo $x
#| in
#| out

#:
f() { local a=1 b=2; echo $a $b; }; f; echo [$a$b]
#| 1 2
#| []

#:
f() { echo one; }; f; f() { echo two; }; f
#| one
#| two

#:
f() { f() { echo redefined; }; echo first; }; f; f
#| first
#| redefined

#:
f() { echo f; }; unset -f f; f 2>/dev/null; echo $?
#| 127

#:
f() { echo func; }; f=var; echo $f; f; unset f; f; echo [$f]
#| var
#| func
#| func
#| []

#:
f() { set -- x y; echo $1; }; set -- a; f; echo $1
#| x
#| a

#:
f() { shift; echo $1 $#; }; f a b c
#| b 2

#:
f() { for a; do echo $a; done; }; f x 'y z'
#| x
#| y z

#:
f() { echo "$@"; }; f "a  b" c
#| a  b c

#:
f() { return 300; } ; f 2>/dev/null; echo $? | grep -c '[0-9]'
#| 1

#:
f() { exit 4; }; (f); echo $?
#| 4

#:
f() { echo a; return; echo b; }; f && echo c
#| a
#| c

#:
f() { while true; do return 5; done; }; f; echo $?
#| 5

#:
f() { echo err >&2; }; f 2>/dev/null; f 2>&1
#| err

#:
f() { cat; }; echo in | f; f <<E
doc
E
#| in
#| doc

#:
f() { echo $x; }; x=1 f; x=2; f
#| 1
#| 2

#:
f() { trap 'echo bye' EXIT; }; f; echo body
#| body
#| bye

#:
f() { eval 'return 3'; echo no; }; f; echo $?
#| 3

#:
f() { . ./lib.sh; echo after; }; f
#| args 0
#| after

#:
f() { g() { echo g; }; }; f; g
#| g

#:
echo() { printf 'mine %s\n' "$*"; }; echo a
#| mine a

#:
f() { echo $0; }; f
#| sh

#:
fact() { [ $1 -le 1 ] && echo 1 || echo $(($1 * $(fact $(($1-1))))); }; fact 6
#| 720

#:
f() { local x=$1; [ $x -gt 0 ] && f $((x-1)); echo $x; }; f 2
#| 0
#| 1
#| 2

#:
f() { echo $LINENO >/dev/null; echo ok; }; f
#| ok

#:
f() { ! true; }; f; echo $?
#| 1

#:
f() { : ; } ; f; type f >/dev/null && echo known
#| known

#:
f() { echo a | g; }; g() { cat; }; f
#| a

#:
f() { readonly q=1; }; f; echo $q; (q=2) 2>/dev/null || echo ro
#| 1
#| ro

#:
f() { echo "$# $1 $2"; }; f a 'b c'; f
#| 2 a b c
#| 0  

#:
f() { return 3; echo no; }; f; echo $?; g() { false; }; g; echo $?
#| 3
#| 1

#:
f() { x=1; }; f; echo $x; f() ( x=2 ); f; echo $x
#| 1
#| 1

#:
set -- a b; f() { set -- x y z; echo $#; }; f; echo $# $1
#| 3
#| 2 a

#:
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }; fact 10
#| 3628800

#:
f() { for i in 1 2 3; do [ $i = 2 ] && return 5; echo $i; done; }; f; echo $?
#| 1
#| 5

#:
f() { echo $1; } > out; f hi; cat out
#| hi

#:
f() { local x=in; echo $x; g; }; g() { echo $x; x=changed; }; x=out; f; echo $x
#| in
#| in
#| out

#:
echo() { printf '%s!\n' "$*"; }; echo a b; unset -f echo; echo c
#| a b!
#| c

#:
f() { cat; }; echo piped | f; f < a.txt
#| piped
#| alpha

#:
f() { return; }; false; f; echo $?; true; f; echo $?
#| 1
#| 0

#:
f() { exit 4; }; f; echo no
#= 4

#:
f() { x=$1; shift; [ $# -gt 0 ] && f "$@"; echo $x; }; f 1 2 3
#| 3
#| 3
#| 3

#:
x=0; f() { echo $x; }; x=5 f; f() if true; then echo if; fi; f
#| 5
#| if

#:
. ./lib.sh; printf 'return 7\necho no\n' > r; . ./r; echo $?
#| args 0
#| 7

#:
f()
{
echo nl
}
f
#| nl
