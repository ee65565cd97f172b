# Parameter expansion (XCU 2.6.2).

#:
unset x; echo ${x-d} ${x:-d}; x=; echo [${x-d}] [${x:-d}]; x=v; echo ${x-d} ${x:-d}
#| d d
#| [] [d]
#| v v

#:
unset x; echo [${x+a}] [${x:+a}]; x=; echo [${x+a}] [${x:+a}]; x=v; echo [${x+a}] [${x:+a}]
#| [] []
#| [a] []
#| [a] [a]

#:
unset x; echo ${x=d} $x; unset x; echo ${x:=e} $x; x=; echo [${x=f}] ${x:=g} $x
#| d d
#| e e
#| [] g g

#:
unset x; (echo ${x?}) 2>/dev/null; echo $? | grep -c '[12]'
#| 1

#:
unset x; (echo ${x:?message}; echo no) 2>&1 | grep -c message
#| 1

#:
x=; (echo ${x?ok} fine); (echo ${x:?bad}) 2>/dev/null || echo failed
#| fine
#| failed

#:
x=v; echo ${x?no} ${x:?no}
#| v v

#:
echo ${x-${y-${z-deep}}}
#| deep

#:
y=Y; echo ${x-$y} ${x-"$y z"} ${x-`echo c`} ${x-$(echo d)} ${x-$((1+1))}
#| Y Y z c d 2

#:
printf '[%s]' ${x-a b}; printf '[%s]' "${x-a b}"; printf '[%s]' ${x-"a b"}; echo
#| [a][b][a b][a b]

#:
printf '[%s]' ${x:-a "b c" d}; echo
#| [a][b c][d]

#:
set -- 1 2; printf '[%s]' ${x-"$@"}; printf '[%s]' "${x-$@}"; echo
#| [1][2][1][2]

#:
set -- 1 2; echo ${3-none} ${2-none} ${3:-no} ${1:+yes}
#| none 2 no yes

#:
echo ${#x}; x=abc; echo ${#x}; x='a  b'; echo ${#x}
#| 0
#| 3
#| 4

#: the length is in characters
x=äöü; echo ${#x}
#| 3

#:
x=a.b.c; echo ${x#*.} ${x##*.} ${x%.*} ${x%%.*}
#| b.c c a.b a

#:
x=aaa; echo ${x#a} ${x##a} ${x#a*} [${x##a*}] ${x%a} [${x%%a*}]
#| aa aa aa [] aa []

#:
x=/usr/local/lib; echo ${x##*/} ${x%/*} ${x#/} [${x%%/*}]
#| lib /usr/local usr/local/lib []

#:
x='*a*'; echo "${x#\*}" "${x#'*'}" "${x%"*"}"
#| a* a* *a

#:
x=abc; p='a*'; echo [${x#$p}] [${x#"$p"}] [${x##$p}]
#| [bc] [abc] []

#:
x=abcabc; echo ${x#?} ${x##?b} ${x%[bc]} ${x%%b*}
#| bcabc cabc abcab a

#:
x=abc; echo ${x#} ${x%} ${x#z} ${x%z}
#| abc abc abc abc

#:
x='a}b'; echo ${x%\}b} "${x%\}b}" ${x#a'}'}
#| a a b

#:
x=foo.tar.gz; echo "${x%.*}" "${x%%.*}" "${x##*.}"
#| foo.tar foo gz

#:
x='a b c'; printf '[%s]' ${x#a}; echo
#| [b][c]

#:
x=abc; echo ${x%"c"} ${x%'c'} "${x%'c'}"
#| ab ab ab

#:
unset x; set -u; echo ${x-ok} ${x:-ok} ${x+no}; echo [$*] [$@]
#| ok ok
#| [] []

#:
set -u; (echo $x) 2>/dev/null; echo $? | grep -c '[12]'
#| 1

#:
set -u; (echo ${#x}) 2>/dev/null || echo error
#| error

#:
set -u; (echo ${x#a}) 2>/dev/null || echo error
#| error

#:
set -u; (echo $1) 2>/dev/null || echo error; set -- a; echo $1
#| error
#| a

#:
x=1; echo "${x}2" "a${x}b" ${x}${x}
#| 12 a1b 11

#: a single quote in an operand between double quotes
echo "${x-a'b}" "${x-a"b"c}"
#| a'b abc

#:
echo ${x-"a}b"} ${x-a\}b} "${x-a\}b}"
#| a}b a}b a}b

#:
x=' a '; printf '[%s]' $x "$x" "a$x" a$x; echo
#| [a][ a ][a a ][a][a]

#:
x=1; : ${x:=2} ${y:=3}; echo $x $y
#| 1 3

#:
: ${a=$(echo s)}; echo $a
#| s

#:
f() { echo ${1-default} ${2-second}; }; f; f a; f a b
#| default second
#| a second
#| a b

#:
readonly r=1; (: ${r=2}); echo $? $r
#| 0 1

#:
(readonly r; : ${r:=2}; echo no) 2>/dev/null || echo refused
#| refused

#:
(: ${1=x}; echo no) 2>/dev/null || echo positional
#| positional

#:
x=x; echo ${x#${y-x}}.
#| .

#:
x='$y'; y=1; echo $x "${x}"
#| $y $y

#:
path=a:b:c; while [ "$path" ]; do echo ${path%%:*}; case $path in *:*) path=${path#*:};; *) path=;; esac; done
#| a
#| b
#| c

#:
echo ${x:-a
b} "${x:-c
d}"
#| a b c
#| d

#:
x='[a]b'; echo ${x#[a]} ${x#\[a]} ${x#"[a]"}
#| [a]b b b

#:
x=a/b/c; echo ${x%/*/*} ${x#*/*/}
#| a c

#:
x='a\b'; printf '%s\n' "${x#a}" "${x#a\\}" "${x%\\b}"
#| \b
#| b
#| a

#:
x='a  b'; echo $x "$x"
#| a b a  b

#:
echo ${x:-d} ${x-d} ${x:+s} [${x+s}]; x=; echo [${x:-d}] [${x-d}] [${x+s}]
#| d d []
#| [d] [] [s]

#:
echo ${x:=kept}; echo $x
#| kept
#| kept

#:
x=hello; echo ${#x} ${x#he} ${x%lo} ${x##*l} ${x%%l*}
#| 5 llo hel o he

#:
set -- a 'b c' d; echo $# "$2" $3; shift; echo "$*"
#| 3 b c d
#| b c d

#:
set --; echo ["$@"] | wc -w
#| 1

#:
IFS=:; x=a:b::c; set -- $x; echo $# "$3" "$4"
#| 4  c

#:
IFS=' :'; x=' : b'; set -- $x; echo $#
#| 2

#:
false; echo $?; true; echo $?
#| 1
#| 0

#:
set -- 1 2; IFS=-; echo "$*"
#| 1-2

#:
x="a b"; echo ${y:-$x "c  d"}
#| a b c  d

#:
echo "${x:-a  b}" "${x:-'q'}"
#| a  b 'q'

#:
x=a; x=b env | grep ^x=; echo $x
#| x=b
#| a

#:
x=1; export x; env | grep ^x=; unset x; echo [$x]
#| x=1
#| []
