# Compound commands (XCU 2.9.4).

#:
(echo a; echo b); { echo c; echo d; }
#| a
#| b
#| c
#| d

#:
(exit 3); echo $?; { (exit 4); }; echo $?
#| 3
#| 4

#:
x=1; (x=2; cd dir; set -- q; f() { :; }); echo $x $#; ls a.txt; f 2>/dev/null; echo $?
#| 1 0
#| a.txt
#| 127

#:
{ x=2; }; echo $x
#| 2

#:
( ( ( echo deep ) ) ); { { { echo braces; }; }; }
#| deep
#| braces

#:
if true; then echo a; fi; if false; then echo b; else echo c; fi
#| a
#| c

#:
if false; then echo 1; elif false; then echo 2; elif true; then echo 3; else echo 4; fi
#| 3

#:
if false; then :; fi; echo $?; if true; then false; fi; echo $?
#| 0
#| 1

#:
if true
then echo a
else echo b
fi
#| a

#:
if { false; true; } then echo a; fi
#| a

#:
if true; then if false; then echo 1; else echo 2; fi; fi
#| 2

#:
i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done
#| 1
#| 2
#| 3

#:
i=0; until [ $i -ge 3 ]; do i=$((i+1)); echo $i; done
#| 1
#| 2
#| 3

#:
while false; do :; done; echo $?; until true; do :; done; echo $?
#| 0
#| 0

#:
while true; do break; done; echo $?; while true; do false; break; done; echo $?
#| 0
#| 0

#:
for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done
#| 1
#| 3

#:
for i in 1 2 3; do [ $i = 2 ] && break; echo $i; done; echo $i
#| 1
#| 2

#:
for i in a b; do for j in 1 2; do echo $i$j; done; done
#| a1
#| a2
#| b1
#| b2

#:
for i in a b; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done
#| a1
#| b1

#:
for i in a b; do for j in 1 2; do break 2; done; done; echo $i$j
#| a1

#:
for i in a b; do while true; do break; done; echo $i; done
#| a
#| b

#:
for i in; do echo no; done; echo $?
#| 0

#:
for i in "a b" c; do echo "<$i>"; done; for i in $x; do echo no; done
#| <a b>
#| <c>

#:
set -- x y; for i; do echo $i; done; for i do echo $i; done
#| x
#| y
#| x
#| y

#:
set -- x y; for i in "$@"; do echo $i; shift; done; echo $#
#| x
#| y
#| 0

#:
for i
in a b
do
echo $i
done
#| a
#| b

#:
for i in a; do :; done; echo $i; for i in a b; do false; done; echo $?
#| a
#| 1

#:
for f in *.txt; do echo $f; done
#| a.txt
#| b.txt

#:
for i in 1 2 3; do echo $i; done | wc -l | tr -d ' '
#| 3

#:
case a in a) echo 1;; b) echo 2;; esac
#| 1

#:
case b in a|b|c) echo abc;; *) echo other;; esac
#| abc

#:
case x in (a) echo a;; (x) echo x;; esac
#| x

#:
case x in a) echo a;; esac; echo $?; false; case x in x) ;; esac; echo $?
#| 0
#| 0

#:
case $(echo x) in x) echo sub;; esac; case "a b" in "a b") echo q;; esac
#| sub
#| q

#:
x=abc; case $x in a*) echo first;; *c) echo second;; esac
#| first

#:
case x in
  x)
    echo multi
    echo line
    ;;
  *) echo no
esac
#| multi
#| line

#:
case x in x) echo last; esac
#| last

#:
case x in x) ;; y) echo no;; esac; echo $?
#| 0

#:
case a in "$(echo a)") echo cmd;; esac; case a in ${x:-a}) echo param;; esac
#| cmd
#| param

#:
case x in *) echo 1;; x) echo 2;; esac
#| 1

#: case falls through
case a in a) echo 1;& b) echo 2;; c) echo 3;; esac
#| 1
#| 2

#: case falls through empty arms
case a in a) ;& b) ;& c) echo fell;; esac
#| fell

#:
case '' in "") echo empty;; esac; case $nothing in '') echo unset;; esac
#| empty
#| unset

#:
while read x; do echo $x; done < a.txt; echo end
#| alpha
#| end

#:
printf '1\n2\n3\n' | while read x; do [ $x = 2 ] && break; echo $x; done
#| 1

#:
while :; do while :; do break 2; done; done; echo out
#| out

#:
i=0; while [ $((i=i+1)) -lt 3 ] && echo $i; do :; done
#| 1
#| 2

#:
until false; do echo once; break; done
#| once

#:
if (exit 0) then echo a; fi; while (false) do :; done
#| a

#:
(echo a; exit 2; echo b); echo $?
#| a
#| 2

#:
{ echo a; exit 5; }; echo no
#| a
#= 5

#:
for i in 1 2; do eval continue; echo no; done; echo $i
#| 2

#:
f() { break; }; for i in 1 2; do echo $i; done
#| 1
#| 2

#:
break; echo on; continue; echo on
#| on
#| on

#:
for i in 1 2 3; do if [ $i -gt 1 ]; then break 99; fi; echo $i; done
#| 1

#:
if true; then echo a; else echo b; fi; if false; then echo c; elif true; then echo d; else echo e; fi
#| a
#| d

#:
if false; then echo no; fi; echo $?
#| 0

#:
if (exit 3); then :; else echo $?; fi
#| 3

#:
if true
then
echo a
fi
#| a

#:
if true; then echo a; fi | cat; if false; then :; else echo b; fi > f; cat f
#| a
#| b

#:
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); echo $i; done; echo end
#| 1
#| 2
#| 3
#| end

#:
i=0; until [ $i -ge 2 ]; do echo $i; i=$((i+1)); done
#| 0
#| 1

#:
while false; do :; done; echo $?
#| 0

#:
while :; do break; done; echo $?; for i in 1 2; do false; done; echo $?
#| 0
#| 1

#:
seq 3 | while read x; do echo "<$x>"; done
#| <1>
#| <2>
#| <3>

#:
if { true; } then echo a; fi; if (true) then echo b; fi; while (false) do :; done
#| a
#| b

#:
if if true; then false; else true; fi then echo a; else echo b; fi
#| b

#:
set -e; while true; do false && true; break; done; { false || false && true; }; echo on; f() { false && true; }; f; echo no
#| on
#= 1

#:
set -e; for i in 1; do false && true; done; if true; then false && true; fi; case a in a) ! true;; esac; echo on; (false && true); echo no
#| on
#= 1

#:
set -e; if false; then :; fi; while false; do :; done; until true; do :; done; echo on; if true; then false; fi; echo no
#| on
#= 1

#:
for x in a 'b c' d; do echo "$x"; done
#| a
#| b c
#| d

#:
for x in; do echo no; done; echo $?
#| 0

#:
set -- p 'q r'; for x do echo "$x"; done; for x; do echo $x; done
#| p
#| q r
#| p
#| q r

#:
for x in *.txt; do echo $x; done
#| a.txt
#| b.txt

#:
for i in 1 2 3; do for j in a b; do if [ $j = b ]; then continue 2; fi; echo $i$j; done; done
#| 1a
#| 2a
#| 3a

#:
for i in 1 2 3; do for j in a b; do break 2; done; echo no; done; echo $i$j
#| 1a

#:
for i in 1 2 3
do
  case $i in 2) continue;; esac
  echo $i
done
#| 1
#| 3

#:
for i in $(seq 3); do echo $i; done | sort -r
#| 3
#| 2
#| 1

#:
for i in 1 2; do echo $i; done > f; wc -l < f
#| 2

#:
for i in a b; do
# note
echo $i # more

done
#| a
#| b

#:
for i in 1 2 3; do [ $i = 2 ] && break; echo $i; done
#| 1

#:
for for in for; do echo $for; done
#| for

#:
for w in abc xyz 12 '' '*'; do case $w in a*) echo A;; [0-9]*) echo N;; '') echo E;; '*') echo S;; *) echo O;; esac; done
#| A
#| O
#| N
#| E
#| S

#:
case x in (a|x) echo yes; esac; case x in esac; echo $?
#| yes
#| 0

#:
case abc in a?c) echo q;; esac; case 'a c' in a\ c) echo s;; esac; p='a*'; case abc in $p) echo p;; esac; case abc in "$p") echo no;; *) echo q;; esac
#| q
#| s
#| p
#| q

#:
case a in a) ;; *) echo no;; esac; echo $?
#| 0

#:
x=$(case a in (a) echo in;; esac); echo $x
#| in

#:
case a in
a)
echo a
;;

b) echo b
esac
#| a

#:
false; for i in a; do echo $?; done; false; case a in a) echo $?; esac; false; case a in b) ;; esac; echo $?
#| 1
#| 1
#| 0

#:
case a in a) false;; esac; echo $?; false; case b in a) ;; esac; echo $?
#| 1
#| 0
