# Command substitution (XCU 2.6.3).

#:
echo $(echo a) `echo b`
#| a b

#:
x=$(echo a; echo b); echo "$x"; echo $x
#| a
#| b
#| a b

#:
x=$(printf 'a\n\n\n'); echo "[$x]"; x=$(printf '\n\na'); echo "[$x]"
#| [a]
#| [
#|
#| a]

#:
echo $(exit 3); echo $?; x=$(exit 3); echo $?; x=$(exit 3) y=$(exit 4); echo $?
#|
#| 0
#| 3
#| 4

#:
echo "$(echo "a $(echo "b $(echo "c")")")"
#| a b c

#:
echo `echo a \`echo b \\\`echo c\\\`\``
#| a b c

#:
echo $( (echo sub) ) $({ echo group; })
#| sub group

#:
echo $(echo a # comment )
)
#| a

#:
echo $(case x in x) echo matched;; esac)
#| matched

#:
echo $(
echo lines
)
#| lines

#:
echo "$(cat <<E
here
E
)"
#| here

#:
echo $(cat < a.txt) $(< a.txt cat)
#| alpha alpha

#:
x=1; echo $(x=2; echo $x) $x
#| 2 1

#:
echo `echo '$x'` `echo \\$x` "`echo \\$x`"
#| $x $x $x

#:
x=v; echo `echo $x` `echo \$x` `echo '\$x'`
#| v v $x

#:
echo "`echo "a b"`" "`echo 'c  d'`"
#| a b c  d

#:
printf '[%s]' $(echo 'a b' c); printf '[%s]' "$(echo 'a b' c)"; echo
#| [a][b][c][a b c]

#:
echo $(echo '*.txt') "$(echo '*.txt')"
#| a.txt b.txt *.txt

#:
$(echo echo run) it
#| run it

#:
x=$(echo); echo "[$x]"; echo [$()]
#| []
#| []

#:
echo $(true; false); echo $?; if x=$(false); then echo no; else echo else; fi
#|
#| 0
#| else

#:
f() { echo in f; }; echo $(f)
#| in f

#:
set -- a b; echo $(echo $#) $(set -- x; echo $#) $#
#| 2 1 2

#:
(cd dir; echo $(ls)); echo $(cd dir; ls)
#| c.txt
#| c.txt

#:
echo a$(echo b)c"$(echo d)"e
#| abcde

#:
x="$(echo "quoted \"inner\"")"; echo $x
#| quoted "inner"

#:
echo $(echo ')' "(" \))
#| ) ( )

#:
echo ${x:-$(echo from)} $((1 + $(echo 2)))
#| from 3

#:
exec 3> f; x=$(echo to3 >&3; echo out); exec 3>&-; echo $x; cat f
#| out
#| to3

#:
x=$(trap 'echo exit' EXIT; echo body); echo "$x"
#| body
#| exit

#:
x=$(echo a); y=`echo b`; echo $x$y
#| ab

#:
echo $(exit 5) || echo no; x=$(exit 5) || echo failed
#|
#| failed

#:
echo $(echo a; echo b) "$(echo a; echo b)"
#| a b a
#| b

#:
echo `echo \`echo deep\``
#| deep

#:
x=$(false); echo $?; x=$(echo v); echo $x$?
#| 1
#| v0

#:
echo "$(echo "$(echo ')')")"
#| )
