# Here-documents (XCU 2.7.4).

#:
cat <<EOF
plain $((1+1)) $x text
EOF
#| plain 2  text

#:
x=v; cat <<EOF
$x ${x} "$x" '$x' \$x `echo b` $(echo c)
EOF
#| v v "v" 'v' $x b c

#:
x=v; cat <<'EOF'
$x `echo` \\ "q"
EOF
#| $x `echo` \\ "q"

#:
x=v; cat <<\EOF
$x
EOF
#| $x

#:
x=v; cat <<E"O"F
$x
EOF
#| $x

#:
cat <<-EOF
	tab
		two
	 space
	EOF
#| tab
#| two
#|  space

#:
cat <<EOF; echo after
body
EOF
#| body
#| after

#:
cat <<A; cat <<B; echo c
a
A
b
B
#| a
#| b
#| c

#:
cat <<EOF | tr a-z A-Z
shout
EOF
#| SHOUT

#:
cat <<EOF > f
to file
EOF
cat f
#| to file

#:
cat <<EOF
a \
b
\\ \$ \` \a
EOF
#| a b
#| \ $ ` \a

#:
cat <<'EOF'
a \
b
EOF
#| a \
#| b

#:
cat <<EOF
EOF
echo empty
#| empty

#:
cat 3<<EOF <&3
three
EOF
#| three

#:
f() {
cat <<EOF
in $1
EOF
}
f one; f two
#| in one
#| in two

#:
while read a; do echo "[$a]"; done <<EOF
l1
l2
EOF
#| [l1]
#| [l2]

#:
for i in 1 2; do cat <<EOF
$i
EOF
done
#| 1
#| 2

#:
if true; then
cat <<EOF
in if
EOF
fi
#| in if

#:
cat <<EOF
EOF2
EOF 
 EOF
EOF
#| EOF2
#| EOF 
#|  EOF

#:
x=$(cat <<EOF
a
b
EOF
); echo "$x"
#| a
#| b

#:
cat <<EOF
"unbalanced ' quotes
EOF
#| "unbalanced ' quotes

#:
cat <<EOF
${x:-default} ${x:-"quoted"} ${x:-'single'}
EOF
#| default quoted 'single'

#:
cat <<EOF && echo ok
and
EOF
#| and
#| ok

#:
cat <<EOF ||
or
EOF
echo no
#| or

#:
cat <<-'EOF'
	$x
	EOF
#| $x

#:
(cat <<EOF
sub
EOF
)
#| sub

#:
{ cat; cat <<EOF; } <<EOG
inner
EOF
outer
EOG
#| outer
#| inner

#:
cat << EOF
space before
EOF
#| space before

#:
cat <<$x
dollar
$x
#| dollar

#:
read x <<EOF
one two
EOF
echo $x
#| one two

#:
cat <<EOF
$(echo "quotes in \"document\"")
EOF
#| quotes in "document"

#:
cat <<EOF
*.txt ~ a{b,c}
EOF
#| *.txt ~ a{b,c}

#:
x='$y'; cat <<EOF
$x
EOF
#| $y

#:
set -- a b; cat <<EOF
$@ $* $#
EOF
#| a b a b 2

#:
case x in x) cat <<EOF ;; esac
in case
EOF
#| in case

#:
eval 'cat <<EOF
evaluated
EOF'
#| evaluated

#:
cat <<one <<two
1
one
2
two
#| 2

#:
cat <<EOF
last line
EOF
#| last line

#:
cat <<E
a $((1+1)) $(echo b) `echo c` \$x "q" 'r'
E
#| a 2 b c $x "q" 'r'

#:
x=val; cat <<E
$x ${x#v} \\ \a
E
#| val al \ \a

#:
cat <<'E'
$x `a` \\
E
echo after
#| $x `a` \\
#| after

#:
cat <<-E
		tabs
	E
echo end
#| tabs
#| end

#:
cat <<A; cat <<B
one
A
two
B
#| one
#| two

#:
cat <<A - <<B
one
A
two
B
#| two

#:
x=$(cat <<E
in ) side
E
); echo "$x"
#| in ) side

#:
while read a b; do echo "$b-$a"; done <<E
1 2
3 4 5
E
#| 2-1
#| 4 5-3

#:
f() { cat <<E
$1
E
}; f x; f y
#| x
#| y

#:
cat <<"E F"
body
E F
#| body

#:
cat <<E | tr a-z A-Z
shout
E
#| SHOUT

#:
if true; then cat <<E
in if
E
fi
#| in if

#:
cat <<E
E
echo empty
#| empty

#:
cat <<E
line \
joined
E
#| line joined
