# Simple commands (XCU 2.9.1).

#:
x=1 y=2; echo $x $y
#| 1 2

#:
x=1 sh -c 'echo $x'; echo [$x]
#| 1
#| []

#:
x=1 echo $x; x=a; x=b echo $x
#|
#| a

#:
x=1 true; echo [$x]
#| []

#: assignments before a special builtin stay
x=1 :; echo $x
#| 1

#: assignments before eval stay
x=1 eval 'echo $x'; echo $x
#| 1
#| 1

#: assignments before export stay
x=1 export y=2; echo $x
#| 1

#:
f() { echo $x; }; x=in f
#| in

#:
x=$(echo sub) y=$x; echo $x $y
#| sub sub

#:
x=a:~; y="$x b"; z=$y$x; echo "$z" | grep -c a:
#| 1

#:
x=*.txt; echo "$x" $x
#| *.txt a.txt b.txt

#:
x='a b'; y=$x; echo "$y"; y="$x"; echo $y
#| a b
#| a b

#:
echo=echo; $echo via variable
#| via variable

#:
cmd='echo a b'; $cmd c
#| a b c

#:
x=; $x echo empty word before; $x; echo $?
#| empty word before
#| 0

#:
e=; $e$e; echo $?
#| 0

#:
"" 2>/dev/null; echo $?
#| 127

#:
echo a=b; echo =; echo a= =b
#| a=b
#| =
#| a= =b

#:
=x 2>/dev/null; echo $?; 1a=b 2>/dev/null; echo $?
#| 127
#| 127

#:
> f; echo $?; x=1 >f; echo $?
#| 0
#| 0

#:
false; x=1; echo $?; false; > f; echo $?
#| 0
#| 0

#:
PATH=/nosuch; echo builtin; true; echo $?
#| builtin
#| 0

#:
a=1 b=$a c=$b; echo $c
#| 1

#:
x=1; x=2 y=$x; echo $y
#| 2

#:
echo 'echo script $1 $#' > s; PATH=$PATH:.; chmod +x s 2>/dev/null; s arg
#| script arg 1

#:
echo 'echo script' > s; chmod +x s 2>/dev/null; ./s
#| script

#:
mkdir bin; echo 'echo found $0' > bin/tool; chmod +x bin/tool 2>/dev/null; PATH=./bin:$PATH; tool
#| found ./bin/tool

#:
command echo a; command -v echo | grep -c echo; command -v nosuch || echo none
#| a
#| 1
#| none

#:
command -v if; command -v :; f() { :; }; command -v f
#| if
#| :
#| f

#: command -v of an alias
alias zz='echo x'; command -v zz
#| alias zz='echo x'

#:
echo() { printf 'function\n'; }; echo a; command echo b; unset -f echo; echo c
#| function
#| b
#| c

#:
true() { return 1; }; true; printf '%s\n' $?; command true; printf '%s\n' $?
#| 1
#| 0

#:
command; printf '%s\n' $?
#| 0

#:
x=1 command eval 'echo $x'
#| 1

#:
f() { :; }; type f | grep -c function; type cd | grep -c builtin; type if | grep -c reserved
#| 1
#| 1
#| 0
#= 1

#:
export A=1 B='x y'; sh -c 'echo $A $B'
#| 1 x y

#:
readonly A=1; echo $A; (A=2) 2>/dev/null || echo no
#| 1
#| no

#:
x='echo hi; echo there'; $x
#| hi; echo there

#:
x='a=b'; $x 2>/dev/null; echo $?
#| 127

#:
x=y=z; echo $x
#| y=z

#:
a=b=c; echo $a; a="b=c d"; echo $a
#| b=c
#| b=c d
