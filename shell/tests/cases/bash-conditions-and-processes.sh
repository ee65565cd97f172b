# [[ ]] and process substitution, as bash has them.
#@ bash

#:
[[ abc =~ b ]] && echo ${BASH_REMATCH[0]}; [[ abc =~ ^b ]] || echo no
#| b
#| no

#:
[[ 2024-05-06 =~ ^([0-9]+)-([0-9]+)-([0-9]+)$ ]] && echo ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[3]}
#| 2024 05 06

#:
re='^a(b*)c$'; [[ abbbc =~ $re ]] && echo "${BASH_REMATCH[1]}"; [[ abbbc =~ "$re" ]] || echo literal
#| bbb
#| literal

#:
[[ a.c =~ a\.c ]] && echo 1; [[ abc =~ a\.c ]] || echo 2; [[ 'a c' =~ a\ c ]] && echo 3; [[ a+b =~ 'a+b' ]] && echo 4
#| 1
#| 2
#| 3
#| 4

#:
[[ x =~ (a|x) ]] && echo alt; [[ foobar =~ (foo)(bar)? ]] && echo ${#BASH_REMATCH[@]}
#| alt
#| 3

#:
[[ foo =~ (foo)(bar)? ]] && echo "[${BASH_REMATCH[2]}]"; [[ z =~ a ]]; echo $? ${#BASH_REMATCH[@]}
#| []
#| 1 0

#:
[[ aab =~ a{2}b ]] && echo braces; [[ 'x y' =~ [[:space:]] ]] && echo class
#| braces
#| class

#:
x='['; [[ a =~ $x ]] 2>/dev/null; echo $?
#| 2

#:
[[ -n a && ( b = c || d = d ) ]] && echo grouped; [[ ! ( a = a ) ]] || echo not
#| grouped
#| not

#:
x='a b'; [[ $x == a* ]] && echo glob; [[ $x == "a*" ]] || echo quoted; [[ -z $nothing ]] && echo z
#| glob
#| quoted
#| z

#:
[[ a < b ]] && echo lt; [[ b > a ]] && echo gt; [[ 10 -gt 9 ]] && echo num
#| lt
#| gt
#| num

#:
[[ -f a.txt && ! -d a.txt ]] && echo file
#| file

#:
[[ a == a ]] && [[ a != b ]] && echo both
#| both

#:
if [[ $x ]]; then echo no; else echo empty; fi
#| empty

#:
cat <(echo a) <(echo b)
#| a
#| b

#:
cmp <(printf '1\n2\n') <(printf '1\n2\n') && echo same
#| same

#:
while read x; do echo "<$x>"; done < <(printf 'a\nb\n')
#| <a>
#| <b>

#:
x=0; while read n; do x=$((x + n)); done < <(seq 4); echo $x
#| 10

#:
echo data > >(cat > f); sleep 0.1; cat f
#| data

#:
cat <(cat <(echo nested))
#| nested

#:
paste -d, <(seq 3) <(seq 4 6)
#| 1,4
#| 2,5
#| 3,6

#:
read a b < <(echo one two); echo $b $a
#| two one

#:
f() { cat "$1"; }; f <(echo function)
#| function

#:
head -n 2 <(yes); echo $?
#| y
#| y
#| 0

#:
wc -l < <(seq 10) | tr -d ' '
#| 10

#:
cat <(echo a; exit 3); echo $?
#| a
#| 0

#:
echo <(:) | grep -c /dev/fd/
#| 1

#:
printf 'x\n' | cat - <(echo y)
#| x
#| y

#:
for f in <(echo loop); do cat $f; done
#| loop

#:
sort <(printf 'b\na\n') | head -n 1
#| a

#:
[[ $(echo sub) = sub ]] && echo substituted; [[ $((1+1)) -eq 2 ]] && echo arithmetic
#| substituted
#| arithmetic

#:
{ time :; } 2>/dev/null; echo $?
#| 0

#:
[[ a = a && b != c ]] && echo 1; [[ a == b || -n x ]] && echo 2; [[ ! -z x ]] && echo 3; [[ ( a = b || c = c ) && d ]] && echo 4
#| 1
#| 2
#| 3
#| 4

#:
x='a b'; [[ $x = 'a b' ]] && echo 1; [[ $x = a* ]] && echo 2; [[ $x = 'a*' ]] || echo 3; p='a*'; [[ $x = $p ]] && echo 4; [[ $x = "$p" ]] || echo 5
#| 1
#| 2
#| 3
#| 4
#| 5

#:
[[ -f a.txt && -d dir && ! -e nosuch ]] && echo files; [[ a < b ]] && echo less; [[ b > a ]] && echo more
#| files
#| less
#| more

#:
[[ 3 -lt 10 ]] && echo n; [[ 03 -eq 3 ]] && echo eq; if [[ '' ]]; then echo no; else echo empty; fi
#| n
#| eq
#| empty

#:
[[ a = a &&
b = b ]]; echo $?
#| 0

#:
x=; [[ $x = '' ]] && echo unset; [[ -z $x ]] && echo z; [[ * = '*' ]] && echo star
#| unset
#| z
#| star

#:
while [[ $((i += 1)) -lt 3 ]]; do echo $i; done; case x in x) [[ a ]] && echo in;; esac
#| 1
#| 2
#| in
