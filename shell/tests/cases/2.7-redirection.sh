# Redirection (XCU 2.7).

#:
echo a > f; echo b > f; cat f
#| b

#:
echo a > f; echo b >> f; cat f
#| a
#| b

#:
cat < a.txt; cat 0< b.txt
#| alpha
#| beta

#:
echo out >f 2>&1; cat f; { echo e >&2; } 2>f; cat f
#| out
#| e

#:
{ echo o; echo e >&2; } >f 2>&1; cat f
#| o
#| e

#:
{ echo o; echo e >&2; } 2>&1 >/dev/null
#| e

#:
> f; wc -c < f | tr -d ' '; >g; ls g
#| 0
#| g

#:
echo a >| f; cat f; set -C; echo b >| f; cat f
#| a
#| b

#:
set -C; echo a > new; cat new; (echo b > new) 2>/dev/null || echo kept; cat new; echo c >> new; cat new
#| a
#| kept
#| a
#| a
#| c

#:
set -C; echo a > /dev/null; echo $?
#| 0

#:
exec 3>f; echo one >&3; echo two >&3; exec 3>&-; cat f
#| one
#| two

#:
exec 3<a.txt; cat <&3; exec 3<&-
#| alpha

#:
echo a 3>f >&3; cat f
#| a

#:
echo hi <>f >&0; cat f
#| hi

#:
echo data > f; exec 4<>f; read x <&4; echo $x; exec 4>&-
#| data

#:
(echo x >&9) 2>/dev/null || echo bad
#| bad

#:
echo x 9>&- >&1
#| x

#:
cat < nosuch 2>/dev/null || echo missing
#| missing
#!*

#:
echo a > dir/f; cat dir/f; echo a 2>/dev/null > nodir/f || echo nodir
#| a
#| nodir

#:
x=f; echo a > $x; cat "$x"; echo b > "$x.1"; cat f.1
#| a
#| b

#:
echo a > 'a b'; cat "a b"; x='a b'; cat < "$x"
#| a
#| a

#:
while read l; do echo "<$l>"; done < a.txt
#| <alpha>

#:
for i in 1 2; do echo $i; done > f; cat f; if true; then echo y; fi > f; cat f
#| 1
#| 2
#| y

#:
{ echo a; echo b; } > f; cat f; (echo c; echo d) > f; cat f
#| a
#| b
#| c
#| d

#:
case x in x) echo y;; esac > f; cat f
#| y

#:
f() { echo out; echo err >&2; }; f > o 2> e; cat o e
#| out
#| err

#:
f() { cat; } < a.txt; f
#| alpha

#:
f() { echo $1; } > out; f 1; f 2; cat out
#| 2

#:
echo a | cat > f; cat f; cat < f | cat
#| a
#| a

#:
echo a b > f c; cat f
#| a b c

#:
> f echo first; cat f
#| first

#:
x=1 > f; echo $x; cat f
#| 1

#:
echo one > f; cat f f 2>&1 | wc -l | tr -d ' '
#| 2

#:
exec 5>&1; echo to5 >&5; (echo sub >&5); exec 5>&-
#| to5
#| sub

#:
exec > f; echo hidden; exec 1>&2; cat f >/dev/null

#:
(exec > f; echo in sub); echo out; cat f
#| out
#| in sub

#:
{ echo x >&3; } 3>&1; { echo y >&3; } 3>f; cat f
#| x
#| y

#:
echo a 1>f 2>g; cat f g
#| a

#:
cat <a.txt >f; cat <f >g; cat g
#| alpha

#:
read x < a.txt; read y < b.txt; echo $x $y
#| alpha beta

#:
ls nosuch 2>/dev/null; echo $? | grep -vc '^0'
#| 1

#:
: > f; [ -s f ] || echo empty; echo x > f; [ -s f ] && echo full
#| empty
#| full

#:
echo a >f; echo b 1<>f; cat f
#| b

#:
exec 3<a.txt 4<b.txt; read a <&3; read b <&4; echo $b $a; exec 3<&- 4<&-
#| beta alpha

#:
n=3; eval "exec $n>f"; echo q >&3; exec 3>&-; cat f
#| q

#:
fd=1; echo a >&$fd
#| a

#:
echo 1 >f; echo 2 3>f; cat f
#| 2

#:
(: < nosuch) 2>/dev/null; echo $? | grep -c '[12]'
#| 1

#:
echo a > f; echo b >> f; cat f; cat < f | wc -l; echo c >| f; cat < f
#| a
#| b
#| 2
#| c

#:
{ echo out; echo err >&2; } 2>&1 | sort
#| err
#| out

#:
echo err 2>/dev/null 1>&2; echo $?
#| 0

#:
nosuch 2>/dev/null; echo $?
#| 127

#:
> empty; wc -c < empty; cat 0< a.txt
#| 0
#| alpha

#:
echo x 3>&1 >&3 3>&-
#| x

#:
cat; cat
#| in1
#| in2
