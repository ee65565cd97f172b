# Parameter expansion, arithmetic and loops, as bash has them.
#@ bash

#:
x=abcdef; echo ${x:2} ${x:1:3} ${x:0:1} ${x: -2} ${x: -3:2} ${x:1:-1} [${x:9}]
#| cdef bcd a ef de bcde []

#:
x=hello; echo ${x/l/L} ${x//l/L} ${x/#h/H} ${x/%o/O} ${x/z/Z} ${x//l} ${x/h}
#| heLlo heLLo Hello hellO hello heo ello

#:
x=a/b/c; echo ${x//\//-} ${x/\//-}; y='a b'; echo "${y// /_}"
#| a-b-c a-b/c
#| a_b

#:
x=aXbX; echo ${x//[A-Z]/.} ${x/*b/-} ${x//?/x}
#| a.b. -X xxxx

#:
x=hello; echo ${x^} ${x^^} ${x^h}; X=WORLD; echo ${X,} ${X,,}
#| Hello HELLO Hello
#| wORLD world

#:
x=name; name=value; echo ${!x} ${!x#v}; n=1; set -- first; echo ${!n}
#| value alue
#| first

#:
set -- a b c d; echo ${@:2} ${@:2:2} "${@: -1}" ${*:1:1}
#| b c d b c d a

#:
x=äöü; echo ${x:1:1} ${#x} ${x^^}
#| ö 3 ÄÖÜ

#:
set -- xa xb; echo ${@#x} ${@/x/y}
#| a b ya yb

#:
x='a*b'; echo "${x/\*/+}" "${x/'*'/+}"
#| a+b a+b

#:
p=l r=R; x=hello; echo ${x/$p/$r} ${x//$p/$r$r}
#| heRlo heRRRRo

#:
x=; echo [${x/a/b}] [${x:0:1}] [${x^^}]
#| [] [] []

#:
x='a b c'; printf '[%s]' ${x/b/q q}; printf '[%s]' "${x/b/q q}"; echo
#| [a][q][q][c][a q q c]

#:
i=1; x=abc; echo ${x:i} ${x:i:i} ${x:$i+1}
#| bc b c

#:
x=1; x+=2; echo $x; x+=' a'; echo "$x"
#| 12
#| 12 a

#: a stage sets a variable of its own
echo x | printf -v v 7; echo "[$v]"
#| []

#:
printf -v v '%03d' 7; echo $v; printf -v w 'a\nb'; echo "$w"
#| 007
#| a
#| b

#:
let x=1+2 y=x*2; echo $x $y; let x-=3; echo $?; let x++; echo $?
#| 3 6
#| 1
#| 1

#:
((x = 5)); echo $x $?; ((x > 9)); echo $?; ((x++)) && echo $x; if ((x == 6)); then echo six; fi
#| 5 0
#| 1
#| 6
#| six

#:
for ((i = 0; i < 3; i++)); do echo $i; done; for ((;;)); do break; done; echo $?
#| 0
#| 1
#| 2
#| 0

#:
for ((i = 0, j = 9; i < j; i += 3, j--)); do echo $i $j; done
#| 0 9
#| 3 8
#| 6 7

#:
for ((i=0;i<3;i++)); do [ $i = 1 ] && continue; echo $i; done; echo $i
#| 0
#| 2
#| 3

#:
((a = 1, b = 2)); echo $((a + b)); (( a < b && b < 3 )) && echo chain
#| 3
#| chain

#:
i=0; while ((i < 3)); do ((i++)); done; echo $i
#| 3

#:
declare -x E=1; sh -c 'echo $E'; declare l=2; echo $l; typeset t=3; echo $t
#| 1
#| 2
#| 3

#:
f() { declare x=in; echo $x; declare -g y=glob; }; x=out; f; echo $x $y
#| in
#| out glob

#:
f() { local -r x=1; (x=2) 2>/dev/null || echo ro; }; f; x=3; echo $x
#| ro
#| 3

#:
my-func() { echo dash; }; my-func; function f.x { echo dot; }; f.x
#| dash
#| dot

#:
select x in a b c; do echo "got $x $REPLY"; break; done <<< 2 2>/dev/null
#| got b 2

#:
select x in a b; do echo "[$x]"; [ "$x" ] && break; done <<< $'9\n1' 2>/dev/null
#| []
#| [a]

#:
echo $'tab\there' $'\u00e9' $'\x41'
#| tab	here é A

#:
case x in x) echo 1;;& *) echo 2;; esac; case a in a) echo 1;& b) echo 2;; esac
#| 1
#| 2
#| 1
#| 2

#:
{ echo out; echo err >&2; } &> f; sort f; { echo more >&2; } &>> f; wc -l < f | tr -d ' '
#| err
#| out
#| 3

#:
{ echo err >&2; } |& cat
#| err

#:
cat <<< "here string"; x='a b'; cat <<< $x
#| here string
#| a b

#:
echo a{1,2}b {1..3} {a..c} {01..03} {3..1}
#| a1b a2b 1 2 3 a b c 01 02 03 3 2 1

#:
echo a{b,c}d {1..5} {a..e} {5..1} {1..9..3} {01..03}
#| abd acd 1 2 3 4 5 a b c d e 5 4 3 2 1 1 4 7 01 02 03

#:
echo {a,b}{1,2} {x,{y,z}} a{,b} {,}x | cat
#| a1 a2 b1 b2 x y z a ab x x

#:
echo {a} {} {a,b '{c,d}' \{e,f\} "{g,h}" {1..x}
#| {a} {} {a,b {c,d} {e,f} {g,h} {1..x}

#:
x=1; echo {${x},2}z {"a b",c}; for i in {1..3}; do echo $i; done; y={a,b}; echo $y
#| 1z 2z a b c
#| 1
#| 2
#| 3
#| {a,b}

#:
echo {-1..1} {c..a} {3..3} *.{txt,none}; echo {~,a}/x | grep -c dir
#| -1 0 1 c b a 3 a.txt b.txt *.none
#| 1

#:
x=a; x+=b; x+='c d'; echo "$x"; y+=new; echo $y; f() { local z=1; z+=2; echo $z; }; f
#| abc d
#| new
#| 12

#:
echo $'a\tb\n' $'\x41\101\'q' $'it\'s' | cat
#| a	b
#|  AA'q it's

#:
cat <<< word; x='a  b'; cat <<< $x; cat <<< "$x"; read a b <<< '1 2'; echo $b
#| word
#| a  b
#| a  b
#| 2

#:
function f { echo $1; }; f a; function g() { echo $1; }; g b
#| a
#| b

#:
case a in a) echo 1;& b) echo 2;;& c) echo 3;; *) echo 4;; esac
#| 1
#| 2
#| 4

#:
{ echo out; echo err >&2; } |& sort; { echo out; echo err >&2; } &> f; echo more &>> f; sort f
#| err
#| out
#| err
#| more
#| out

#:
echo $((2#101 + 16#ff)); x=5; echo $((x++ + ++x)) $((x--)) $x; echo $((1, 2)) $((1 ? 2 : 3))
#| 260
#| 12 7 6
#| 2 2

#:
f() { f2; echo $?; }; f2() { return 300; }; f; echo $((0x7fffffffffffffff + 1))
#| 44
#| -9223372036854775808

#:
set -C; echo a > f; (echo b > f) 2>/dev/null || echo kept; echo c >| f; cat f; set +C; echo d > f; cat f
#| kept
#| c
#| d

#:
set -a; v=exported; set +a; env | grep ^v=; set -n; echo no
#| v=exported

#:
set -o noglob; echo *; set +f; echo *.txt; set -eu; case $- in *e*u*) echo both;; esac
#| *
#| a.txt b.txt
#| both

#:
{ time true; } 2>&1 | grep -c real; { time ! false; echo $?; } 2>/dev/null
#| 1
#| 0

#:
set -- a b; set -o allexport; echo $*; set +o allexport; { set -x; set +x; } 2>/dev/null; echo $#
#| a b
#| 2
