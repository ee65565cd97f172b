# Quoting (XCU 2.2).

#:
printf '%s\n' "a\
b" 'c\
d'
#| ab
#| c\
#| d

#:
printf '[%s]' "" '' ""''; echo
#| [][][]

#:
x='a b'; printf '[%s]' $x"$x"$x; echo
#| [a][ba ba][b]

#:
printf '[%s]' a"b c"d'e f'g\ h; echo
#| [ab cde fg h]

#:
echo "a$"; echo "$ b"; echo '$'; echo $
#| a$
#| $ b
#| $
#| $

#:
echo "`echo \"q r\"`" "$(echo "q r")"
#| q r q r

#:
x=*; echo "$x" '*' \* "\*"
#| * * * \*

#:
printf '%s\n' \
  continued \
  words
#| continued
#| words

#:
echo a\
b\
c
#| abc

#:
ec\
ho joined
#| joined

#:
i\
f true; th\
en echo yes; f\
i
#| yes

#:
x=ab; echo $\
x ${\
x} $\
{x}
#| ab ab ab

#:
echo "tab	in" 'tab	in' tab\	in
#| tab	in tab	in tab	in

#:
echo '\'; echo "\\"; echo \\
#| \
#| \
#| \

#:
printf '%s\n' 'it'\''s' "it's" it\'s
#| it's
#| it's
#| it's

#:
echo "$(echo 'a  b')" $(echo 'a  b')
#| a  b a b

#:
printf '%s|' "a'b" 'a"b' a\'b\"c; echo
#| a'b|a"b|a'b"c|

#:
echo '#' \# "#" a#b; echo x # y
#| # # # a#b
#| x

#:
echo '' | od -An -c | tr -d ' '
#| \n

#:
a='x;y|z&'; echo $a "$a"
#| x;y|z& x;y|z&

#:
echo "${a-"b c"}" "${a-'b c'}" ${a-'b c'}
#| b c 'b c' b c

#:
echo \$HOME '$HOME' | tr -d a
#| $HOME $HOME

#:
printf '%s\n' "a
b"
#| a
#| b

#: dollar and single quotes
printf '%s\n' $'a\tb' $'\101\x42' $'q\'q' $'\\' $'a\nb'
#| a	b
#| AB
#| q'q
#| \
#| a
#| b

#:
echo \
#|

#:
echo ";" '&&' \| "(" ')' \< \>
#| ; && | ( ) < >

#:
echo 'a  b' "c  d" e\ \ f
#| a  b c  d e  f

#:
x=1; echo '$x' "$x" \$x "\$x" "a'b" 'a"b'
#| $x 1 $x $x a'b a"b

#:
echo "" '' | wc -c
#| 2

#:
echo a\
b "c\
d"
#| ab cd

#:
echo a#b # comment
#| a#b
