# What we say, and where nobody else does the same: not compared with other shells.
#@

#:
echo 'echo one; cat' | cat - a.txt | sh
#| one
#| alpha

#:
nosuch arg
#! sh: nosuch: command not found
#= 127

#:
echo 'abc
#! sh: line 1: syntax error: this single quote is never closed
#!   echo 'abc
#!        ^
#= 2

#:
echo ok
echo a | | b
#| ok
#! sh: line 2: syntax error: `|` cannot stand here
#!   echo a | | b
#!            ^
#= 2

#:
cat < missing; echo $?
#| 1
#! sh: missing: No such file or directory

#:
echo a > dir; echo $?
#| 1
#! sh: dir: Is a directory

#:
echo a | cat > dir
#! sh: dir: Is a directory
#= 1

#:
cd missing; pwd
#| /tmp/work
#! sh: cd: missing: No such file or directory

#:
cd a.txt
#! sh: cd: a.txt: Not a directory
#= 1

#:
echo ${x?gone}; echo no
#! sh: x: gone
#= 2

#:
set -u; echo $x; echo no
#! sh: x: parameter not set
#= 2

#:
set -x; x=1; echo a 'b c'
#| a b c
#! + x=1
#! + echo a 'b c'

#:
set -o pipefail; false | true
#= 1

#:
echo a &> f; cat f; nosuch >& f; cat f
#| a
#| sh: nosuch: command not found

#:
command -v cd echo nosuch; type cd
#| cd
#| echo
#| cd is a shell builtin

#:
./missing; dir/; echo $?
#| 126
#! sh: ./missing: No such file or directory
#! sh: dir/: Is a directory

#:
kill %3; kill 99999; kill -FOO 1
#! sh: kill: %3: no such job
#! sh: kill: 99999: No such process
#! sh: kill: FOO: no such signal; kill -l lists them
#= 1

#:
sleep 100 & jobs; kill %1; wait %1
#| [1]+ Running      sleep 100
#= 143

#:
help cd
#| cd [DIR | -]
#|     Changes the working directory: to HOME without DIR, back with -.

#:
exit --help x; echo no
#! sh: exit: --help: not a number
#= 2

#:
cd --help
#| Usage: cd [DIR | -]
#| Changes the working directory: to HOME without DIR, back with -.

#:
echo $(
#! sh: line 1: syntax error: this `$(` is never closed
#!   echo $(
#!        ^
#= 2

#:
(echo a
#! sh: line 1: syntax error: this `(` is never closed
#!   (echo a
#!   ^
#= 2

#:
echo a >
#! sh: line 1: syntax error: a file name must follow this redirection
#!   echo a >
#!          ^
#= 2

#:
echo x >&7
#! sh: 7: Bad file descriptor
#= 1

#:
export 1a=b; echo no
#! sh: export: 1a: not a name
#= 2

#:
echo $'\u00e9\U1F600' $'a\0b' $'\q'
#| é😀 a \q

#:
sleep 0 & disown; jobs; disown %7; echo $?
#| 1
#! sh: disown: %7: no such job

#:
echo {1..99999}
#| {1..99999}

#:
cat <<E
#! sh: line 1: syntax error: this here-document has no end: no line is `E`
#!   cat <<E
#!       ^
#= 2

#:
echo $((1 / 0)); echo no
#! sh: arithmetic: division by zero
#= 2

#:
x=abc; echo $((x))
#! sh: x: `abc` is not a number
#= 2

#:
echo $((1 + ))
#! sh: the arithmetic expression ends too early
#= 2

#:
readonly a=1; a=2; echo no
#! sh: a: is read only
#= 2

#:
local x
#! sh: local: this is for functions
#= 1

#:
if true; echo x; fi
#! sh: line 1: syntax error: `fi` cannot stand here
#!   if true; echo x; fi
#!                    ^
#= 2

#:
for 1x in a; do :; done
#! sh: line 1: syntax error: a variable's name must follow `for`
#!   for 1x in a; do :; done
#!       ^
#= 2

#:
if true; then fi
#! sh: line 1: syntax error: a command must stand before `fi`
#!   if true; then fi
#!                 ^
#= 2

#:
while true; do echo a
#! sh: line 1: syntax error: this loop has no `done`
#!   while true; do echo a
#!   ^
#= 2

#:
shift 2; echo no
#! sh: shift: there are not that many parameters
#= 2

#: the shell reads no more than the line that it runs
echo 'read x; echo "<$x>"
data' | sh
#| <data>

#: an alias stands for whole tokens
alias q='echo "half'
q done"
#! sh: line 2: syntax error: this double quote is never closed
#!   q done"
#!   ^
#= 2

#: an alias in quotes
alias a="it's"; alias a
#| a='it'\''s'
