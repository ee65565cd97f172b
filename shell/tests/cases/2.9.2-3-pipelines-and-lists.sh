# Pipelines and lists (XCU 2.9.2, 2.9.3).

#:
echo a | cat; echo a | cat | cat
#| a
#| a

#:
echo a |
cat |
  cat
#| a

#: words of a stage that stand for themselves
echo x | printf '<%s>' a'*'b "c d" '' e\ f '\'; echo
#| <a*b><c d><><e f><\>

#: a pattern in a stage
echo x | cat *.txt | head -n 1
#| alpha

#: a function comes before a command in a stage, too
cat() { echo mine; }; echo x | cat | sort
#| mine

#:
! echo a | grep -q b; echo $?; ! echo a | grep -q a; echo $?
#| 0
#| 1

#:
echo x | { read a; echo got $a; }; echo [$a]
#| got x
#| []

#:
echo a b | while read x y; do echo $y $x; done
#| b a

#:
seq 5 | (read a; read b; echo $a $b; cat)
#| 1 2
#| 3
#| 4
#| 5

#:
{ echo a; echo b; } | sort -r
#| b
#| a

#:
echo a | if cat; then echo b; fi
#| a
#| b

#:
echo a | for i in 1; do cat; done
#| a

#:
f() { tr a-z A-Z; }; echo shout | f
#| SHOUT

#:
(exit 3) | (exit 4); echo $?
#| 4

#:
true && echo a; false && echo b; true || echo c; false || echo d
#| a
#| d

#:
true && false || echo a; false || true && echo b
#| a
#| b

#:
false && echo no && echo no || echo yes
#| yes

#:
true || echo no || echo no && echo yes
#| yes

#:
true &&
echo a ||
echo b
#| a

#:
echo a; echo b; echo c
#| a
#| b
#| c

#:
echo a & wait; echo b
#| a
#| b

#:
(sleep 0; echo bg) & wait $!; echo $?
#| bg
#| 0

#:
{ exit 3; } & wait $!; echo $?
#| 3

#:
(exit 1) & p=$!; (exit 2) & q=$!; wait $p; echo $?; wait $q; echo $?
#| 1
#| 2

#:
false & wait; echo $?
#| 0

#:
wait 999999 2>/dev/null; echo $?
#| 127

#:
cat a.txt | cat - b.txt
#| alpha
#| beta

#:
echo a | cat > f & wait; cat f
#| a

#:
set -- a; echo b | set -- c; echo $1
#| a

#:
x=1; echo | x=2; echo $x
#| 1

#:
yes | head -n 3 | wc -l | tr -d ' '
#| 3

#:
seq 1000 | tail -n 1; seq 100 | head -n 1
#| 1000
#| 1

#:
if true | false; then echo no; else echo yes; fi
#| yes

#:
! true && echo no || echo yes
#| yes

#:
echo a | cat; echo $?; nosuch 2>/dev/null | cat; echo $?
#| a
#| 0
#| 0

#:
echo a | nosuch 2>/dev/null; echo $?
#| 127

#: pipefail
set -o pipefail; false | true; echo $?; (exit 3) | true; echo $?; true | true; echo $?
#| 1
#| 3
#| 0

#: pipefail takes the last failure
set -o pipefail; (exit 3) | (exit 4) | true; echo $?
#| 4

#:
exit 3 | true; echo $?
#| 0

#:
for i in 1 2 3; do echo $i & wait; done
#| 1
#| 2
#| 3

#:
{ sleep 0; echo a; } & wait; { echo b; } & wait
#| a
#| b

#:
cat < /dev/null & wait; echo $?
#| 0

#:
true && echo a || echo b; false && echo c || echo d; ! true; echo $?
#| a
#| d
#| 1

#:
false || false && echo no; echo $?
#| 1

#:
{ echo a; echo b; } | wc -l; (x=2; echo $x); echo [$x]
#| 2
#| 2
#| []

#:
(exit 3); echo $?; { exit 4; }; echo no
#| 3
#= 4

#:
echo a

# nothing
echo b &&
echo c |
cat
#| a
#| b
#| c

#:
eval 'x=1;' echo '$x'
#| 1

#:
. ./lib.sh; echo $from
#| args 0
#| lib

#:
sh -c 'echo $0 $1 $#' name one two
#| name one 2

#:
echo 'echo sub $1' > s; sh s arg
#| sub arg

#:
set -e; false || true; ! true; echo on; false; echo off
#| on
#= 1

#:
(set -e; false; echo no); echo $?
#| 1

#:
exit 300
#= 44

#:
seq 1 1000 | grep 7 | wc -l
#| 271

#:
true | false; echo $?; false | true; echo $?
#| 1
#| 0

#:
yes | head -n 2
#| y
#| y

#:
x=1; echo 2 | x=3; echo $x; cd dir | cat; cat a.txt
#| 1
#| alpha

#:
seq 3 | { head -n 1 > /dev/null; cat > /dev/null; echo end; }
#| end

#:
sleep 0 & wait; echo $?; false & wait $!; echo $?
#| 0
#| 1

#:
cat & wait; echo done
#| done

#: who writes where nobody reads any more is ended by that
(while :; do echo y; done) | head -n 1
while :; do printf 'z\n'; done | head -n 1
while :; do umask; done | head -n 1
f() { while :; do echo f; done; }; f | head -n 1
#| y
#| z
#| 0022
#| f

#: unless it has a trap for that
{ (trap 'echo told >&3; exit' PIPE; while :; do echo y; done) | true; } 3>&1
{ (trap '' PIPE; while echo y 2> /dev/null; do :; done; echo over >&3) | true; } 3>&1
#| told
#| over
