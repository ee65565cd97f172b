# Field splitting (XCU 2.6.5).

#:
x='a b	c
d'; printf '[%s]' $x; echo
#| [a][b][c][d]

#:
x='  lead and trail  '; printf '[%s]' $x; echo
#| [lead][and][trail]

#:
IFS=:; x=a:b:c; printf '[%s]' $x; echo
#| [a][b][c]

#:
IFS=:; x=:a; printf '[%s]' $x; echo
#| [][a]

#:
IFS=:; x=a:; printf '[%s]' $x; echo
#| [a]

#:
IFS=:; x=a::b; printf '[%s]' $x; echo
#| [a][][b]

#:
IFS=:; x=::; printf '[%s]' $x; echo
#| [][]

#:
IFS=' :'; x='a : b'; printf '[%s]' $x; echo
#| [a][b]

#:
IFS=' :'; x=' a b '; printf '[%s]' $x; echo
#| [a][b]

#:
IFS=' :'; x='a: :b'; printf '[%s]' $x; echo
#| [a][][b]

#:
IFS=:; x='a b:c d'; printf '[%s]' $x; echo
#| [a b][c d]

#:
unset IFS; x='a b'; printf '[%s]' $x; echo
#| [a][b]

#:
IFS=x; printf '[%s]' axb $(echo axb) "$(echo axb)"; echo
#| [axb][a][b][axb]

#:
IFS=:; x=a:b; y=$x; echo "$y"; set -- $x; echo $#
#| a:b
#| 2

#:
x=; printf '[%s]' $x; echo; printf '[%s]' "$x"; echo; printf '[%s]' a$x; echo
#| []
#| []
#| [a]

#:
x=; printf '[%s]' $x$x b; echo; printf '[%s]' $x"" b; echo
#| [b]
#| [][b]

#:
x=' '; printf '[%s]' a${x}b; echo; printf '[%s]' a$x; echo; printf '[%s]' ${x}b; echo
#| [a][b]
#| [a]
#| [b]

#:
x='a b'; printf '[%s]' $x$x; echo; printf '[%s]' "$x"$x; echo
#| [a][ba][b]
#| [a ba][b]

#:
IFS=0; echo $((101))
#| 1 1

#:
IFS=-; set -- a-b c; printf '[%s]' $*; echo; printf '[%s]' $@; echo
#| [a][b][c]
#| [a][b][c]

#:
IFS=ab; x=1a2b3; printf '[%s]' $x; echo
#| [1][2][3]

#:
x='*.txt b'; printf '[%s]' $x; echo; set -f; printf '[%s]' $x; echo
#| [a.txt][b.txt][b]
#| [*.txt][b]

#:
IFS=:; x='*.txt:b'; printf '[%s]' $x; echo
#| [a.txt][b.txt][b]

#:
for i in $(printf '1\n2\n3'); do echo "<$i>"; done
#| <1>
#| <2>
#| <3>

#:
x='a\ b'; printf '[%s]' $x; echo
#| [a\][b]

#:
x="a 'b c'"; printf '[%s]' $x; echo
#| [a]['b][c']

#:
IFS='
'; x='a b
c d'; printf '[%s]' $x; echo
#| [a b][c d]

#:
IFS=,; set -- a,b; x="$*"; echo "$x"; printf '[%s]' ${1}; echo
#| a,b
#| [a][b]

#:
IFS='	'; x='a	b c'; printf '[%s]' $x; echo
#| [a][b c]

#:
v=a:b IFS=:; printf '[%s]' $v; echo
#| [a][b]

#:
IFS=:; case a:b in $(echo a:b)) echo nosplit;; esac
#| nosplit

#:
IFS=:; x=${y-a:b}; echo "$x"; printf '[%s]' ${y-a:b}; echo
#| a:b
#| [a][b]
