# Exit status and errors (XCU 2.8), and set -e.

#:
true; echo $?; false; echo $?; (exit 255); echo $?; (exit 256); echo $?
#| 0
#| 1
#| 255
#| 0

#:
nosuchcommand 2>/dev/null; echo $?
#| 127

#:
./nosuch 2>/dev/null; echo $? | grep -c 12
#| 1

#:
./dir 2>/dev/null; echo $?
#| 126

#:
sh -c 'exit 3'; echo $?
#| 3

#: a syntax error in eval ends the shell
(eval 'if' ; echo no) 2>/dev/null || echo syntax
#| syntax

#:
sh -c 'echo a; if' 2>/dev/null; echo $?
#| 2

#:
(: ${x?}; echo no) 2>/dev/null || echo expansion
#| expansion

#:
(readonly r=1; r=2; echo no) 2>/dev/null || echo readonly
#| readonly

#: an assignment before a command to a read-only variable ends the shell
(readonly r=1; r=2 true; echo after) 2>/dev/null; echo $? | grep -c '[0-9]'
#| 1

#: a wrong option of set ends the shell
(set -Z; echo no) 2>/dev/null || echo option
#| option

#: a file that is not there for dot ends the shell
(. ./nosuch; echo no) 2>/dev/null || echo dot
#| dot

#: a failed redirection of a special builtin ends the shell
(: < nosuch; echo no) 2>/dev/null || echo special redirection
#| special redirection

#:
(cat < nosuch; echo on) 2>/dev/null
#| on

#:
(true < nosuch; echo on $?) 2>/dev/null | tr 2 1
#| on 1

#:
(command : < nosuch; echo on) 2>/dev/null
#| on

#: shift by too many ends the shell
(shift 3; echo no) 2>/dev/null || echo shift
#| shift

#:
(command shift 3; echo on) 2>/dev/null
#| on

#: a wrong name for export ends the shell
(export 1a=b; echo no) 2>/dev/null || echo export
#| export

#:
(command export 1a=b; echo on) 2>/dev/null
#| on

#: a wrong name for unset ends the shell
(unset 1a; echo no) 2>/dev/null || echo unset
#| unset

#: unset of a read-only variable ends the shell
(readonly r; unset r; echo no) 2>/dev/null || echo unset
#| unset

#:
(exec nosuchcommand; echo no) 2>/dev/null; echo $?
#| 127

#:
(exit abc; echo no) 2>/dev/null; echo $?
#| 2

#:
(cd nosuch; echo on) 2>/dev/null
#| on

#:
(set -u; echo $nosuch; echo no) 2>/dev/null || echo nounset
#| nounset

#:
(for r in a; do readonly r; done; for r in b; do echo no; done) 2>/dev/null || echo loop
#| loop

#:
{ nosuch; } 2>/dev/null; echo $?; if nosuch 2>/dev/null; then :; else echo $?; fi
#| 127
#| 127

#:
! true; echo $?; ! false; echo $?
#| 1
#| 0

#:
false | true; echo $?; true | false; echo $?
#| 0
#| 1

#:
x=$(false); echo $?; x=$(exit 9)$(true); echo $?; x=1; echo $?
#| 1
#| 0
#| 0

#:
set -e; (exit 0); true; echo a; false; echo no
#| a
#= 1

#:
set -e; false || true; false && true; if false; then :; fi; while false; do :; done; echo on
#| on

#:
set -e; x=$(false); echo no
#= 1

#:
set -e; f() { false; echo in f; }; f || true; if f; then :; fi; f; echo no
#| in f
#| in f
#= 1

#:
set -e; { false; echo no; }
#= 1

#:
set -e; (false; echo no); echo no
#= 1

#:
set -e; ! false; ! true; echo on
#| on

#:
set -e; false | true; echo on; true | false; echo no
#| on
#= 1

#:
set -e; eval false; echo no
#= 1

#: set -e looks inside a command substitution
set -e; echo $(false; echo in); echo on
#|
#| on

#:
set -e; for i in 1 2; do [ $i = 2 ] || continue; false; done; echo no
#= 1

#:
set -e; set +e; false; echo on
#| on

#:
set -e; case x in x) false;; esac; echo no
#= 1

#:
set -e; true && false; echo no
#= 1

#:
set -e; false; true
#= 1

#:
set -o errexit; (set +e; false; echo sub); echo on
#| sub
#| on

#:
set -e; trap 'echo trapped $?' EXIT; false
#| trapped 1
#= 1
