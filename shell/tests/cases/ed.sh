# What ed does with a script (XCU `ed`), as GNU ed 1.19 has it.
#@ ed

#: lines are printed, numbered and told byte by byte
printf '%s\n' one two three four/five > f
ed -s f <<'END'
,p
2n
,n
4l
$=
Q
END
#| one
#| two
#| three
#| four/five
#| 2	two
#| 1	one
#| 2	two
#| 3	three
#| 4	four/five
#| four/five$
#| 4

#: addresses: offsets, searches, marks
printf '%s\n' one two three four/five > f
ed -s f <<'END'
2
+
-1p
$-1p
/three/p
?one?
//
2ka
1
'ap
'a,$p
1 2p
1+ 1p
Q
END
#| two
#| three
#| two
#| three
#| three
#| one
#| one
#| one
#| two
#| two
#| three
#| four/five
#| three
#| three

#: a comma and a semicolon stand for missing addresses
printf '%s\n' one two three four/five > f
ed -s f <<'END'
,p
2
;p
1;+1p
3,
.=
Q
END
#| one
#| two
#| three
#| four/five
#| two
#| two
#| three
#| four/five
#| one
#| two
#| three
#| 3

#: an empty line goes on
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1

Q
END
#| one
#| two

#: wrong addresses are told
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
9p
3,1p
0p
'zp
/nowhere/
2
-3p
Q
END
#| ?
#| Invalid address
#| ?
#| Invalid address
#| ?
#| Invalid address
#| ?
#| Invalid address
#| ?
#| No match
#| two
#| ?
#| Invalid address
#= 1

#: text is appended, inserted and changed
printf '%s\n' one two three four/five > f
ed -s f <<'END'
$a
last
.
0a
first
.
2i
a
b
.
.=
4,5c
changed
.
.=
,n
1c
.
.=
,p
Q
END
#| 3
#| 4
#| 1	first
#| 2	a
#| 3	b
#| 4	changed
#| 5	three
#| 6	four/five
#| 7	last
#| 1
#| a
#| b
#| changed
#| three
#| four/five
#| last

#: lines are deleted
printf '%s\n' one two three four/five > f
ed -s f <<'END'
2d
.=
,p
$d
.=
,p
Q
END
#| 2
#| one
#| three
#| four/five
#| 2
#| one
#| three

#: lines are joined
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1,3j
p
,n
1,2jp
Q
END
#| onetwothree
#| 1	onetwothree
#| 2	four/five
#| onetwothreefour/five

#: lines move
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1m$
,n
.=
2,3m0
,n
.=
2m2
2m1
.=
Q
END
#| 1	two
#| 2	three
#| 3	four/five
#| 4	one
#| 4
#| 1	three
#| 2	four/five
#| 3	two
#| 4	one
#| 4
#| 2

#: lines do not move into themselves
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
1,3m2
Q
END
#| ?
#| Invalid destination
#= 1

#: lines are copied
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1,2t3
,n
.=
1t0
.=
Q
END
#| 1	one
#| 2	two
#| 3	three
#| 4	one
#| 5	two
#| 6	four/five
#| 6
#| 1

#: a substitution and its flags
printf '%s\n' one two three four/five > f
ed -s f <<'END'
s/o/0/gp
,s/o/0/
,p
$s/[aeiou]/<&>/2p
3s/\(t\)\(h\)/\2\1/p
Q
END
#| f0ur/five
#| 0ne
#| tw0
#| three
#| f0ur/five
#| f0ur/f<i>ve
#| htree

#: a substitution again
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1s/o/0/
2s
,p
4
sg
p
Q
END
#| 0ne
#| tw0
#| three
#| four/five
#| four/five
#| f0ur/five

#: the replacement of the last one
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1s/n/N/
2s/w/%/p
Q
END
#| tNo

#: a line becomes two
printf '%s\n' one two three four/five > f
ed -s f <<'END'
2s/w/\
/p
,n
Q
END
#| o
#| 1	one
#| 2	t
#| 3	o
#| 4	three
#| 5	four/five

#: nothing to substitute is a mistake
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
s/zz/y/
1,2s//y/
Q
END
#| ?
#| No match
#| ?
#| No match
#= 1

#: an empty pattern is the last one
printf '%s\n' one two three four/five > f
ed -s f <<'END'
/two/
s//2/p
Q
END
#| two
#| 2

#: a delimiter may be missing at the end
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1s/one/1
/two
?1
Q
END
#| 1
#| two
#| 1

#: other delimiters
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1s,one,a/b,p
s|a/b|x|p
Q
END
#| a/b
#| x

#: a global command
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/o/s/o/0/
,p
g/e$/d
,p
Q
END
#| 0ne
#| tw0
#| three
#| f0ur/five
#| tw0

#: a global command of several lines
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/t/i\
before\
.\
s/t/T/
,p
Q
END
#| one
#| before
#| two
#| before
#| three
#| four/five

#: a global command for other lines
printf '%s\n' one two three four/five > f
ed -s f <<'END'
v/o/d
,p
u
,p
Q
END
#| one
#| two
#| four/five
#| one
#| two
#| three
#| four/five

#: a global command prints
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/o/
g/t/p
g/t/.=
Q
END
#| one
#| two
#| four/five
#| two
#| three
#| 2
#| 3

#: lines in reverse
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/^/m0
,p
Q
END
#| four/five
#| three
#| two
#| one

#: lines that a global command deletes are not visited
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/o/.,+1d
,p
Q
END
#| ?
#| three
#| four/five
#= 1

#: one by one
printf '%s\n' one two three four/five > f
ed -s f <<'END'
G/o/
s/o/0/
&

,p
Q
END
#| one
#| two
#| four/five
#| 0ne
#| tw0
#| three
#| four/five

#: undo and undo again
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1d
,s/e/E/
u
,p
u
,p
Q
END
#| two
#| three
#| four/five
#| two
#| thrEe
#| four/fivE

#: undo of a global command
printf '%s\n' one two three four/five > f
ed -s f <<'END'
g/o/d
,p
u
,p
Q
END
#| three
#| one
#| two
#| three
#| four/five

#: nothing to undo
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
u
Q
END
#| ?
#| Nothing to undo
#= 1

#: marks go with their lines
printf '%s\n' one two three four/five > f
ed -s f <<'END'
3ka
1d
'a=
'am0
'a=
Q
END
#| 2
#| 1

#: a mark of a deleted line is gone
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
2ka
2d
'ap
Q
END
#| ?
#| Invalid address
#= 1

#: a file is written and read
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1,2w g
3W g
r g
,p
!cat g
Q
END
#| one
#| two
#| three
#| four/five
#| one
#| two
#| three
#| one
#| two
#| three

#: a file is read before the first line
printf '%s\n' one two three four/five > f
ed -s f <<'END'
0r f
$=
Q
END
#| 8

#: the name of the file
printf '%s\n' one two three four/five > f
ed -s f <<'END'
f
f g
f
w
!cat g
Q
END
#| f
#| g
#| g
#| one
#| two
#| three
#| four/five

#: changes are not lost by accident
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
1d
q
q
Q
END
#| ?
#| Warning: buffer modified
#= 1

#: changes are not lost by another file either
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
1d
e f
1p
e f
e f
,p
Q
END
#| ?
#| Warning: buffer modified
#| two
#| ?
#| Warning: buffer modified
#| one
#| two
#| three
#| four/five
#= 1

#: without a file
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
e nofile
r nofile
,p
Q
END
#| ?
#| Cannot open input file
#| ?
#| Cannot open input file
#| ?
#| Invalid address
#!*
#= 1

#: command lines
printf '%s\n' one two three four/five > f
ed -s f <<'END'
!echo hello
!!
!echo %
r !echo new; echo text
,p
w !sort
1w !cat -n
Q
END
#| hello
#| echo hello
#| hello
#| echo f
#| f
#| one
#| two
#| three
#| four/five
#| new
#| text
#| four/five
#| new
#| one
#| text
#| three
#| two
#|      1	one

#: unknown commands and suffixes
printf '%s\n' one two three four/five > f
ed -s f <<'END'
H
X
px
d9
k1
1,2q
1f
Q
END
#| ?
#| Unknown command
#| ?
#| Invalid command suffix
#| ?
#| Invalid command suffix
#| ?
#| Invalid mark character
#| ?
#| Unexpected address
#| ?
#| Unexpected address
#= 1

#: the last mistake is explained
printf '%s\n' one two three four/five > f
ed -s f <<'END'
X
h
9p
h
Q
END
#| ?
#| Unknown command
#| ?
#| Invalid address
#= 1

#: prompts
printf '%s\n' one two three four/five > f
ed -s f <<'END'
P
1p
P
2p
Q
END
#| *one
#| *two

#: a window of lines
printf '%s\n' one two three four/five > f
ed -s f <<'END'
1z2
z1
z
Q
END
#| one
#| two
#| three
#| four/five

#: a comment
printf '%s\n' one two three four/five > f
ed -s f <<'END'
# nothing
1p
Q
END
#| one

#: an expression in brackets keeps its delimiter
printf '%s\n' one two three four/five > f
ed -s f <<'END'
4s/[/u]/X/p
Q
END
#| foXr/five

#: intervals and repetitions
printf '%s\n' one two three four/five > f
ed -s f <<'END'
$s/l*/L/p
3s/e\{2\}/EE/p
Q
END
#| Lfour/five
#| thrEE

#: numbers of bytes are said
printf 'one\ntwo\n' > f
printf 'a\nx\n.\nw\nq\n' | ed f
#| 8
#| 10

#: a missing newline is put at the end
printf 'one\ntwo' > f
printf ',p\nw\nq\n' | ed f; cat f
#| Newline appended
#| 8
#| one
#| two
#| 8
#| one
#| two

#: a file that is not there will be new
printf 'a\nx\n.\nw\nq\n' | ed g; cat g
#| 2
#| x
#!*

#: a prompt of its own
printf 'p\nq\n' | ed -s -p 'go> ' a.txt
#| go> alpha
#\ go> 

#: the end of the script with changes
printf '1d\n' | ed -s a.txt; echo $?; cat a.txt
#| ?
#| 2
#| alpha

#: writing and leaving
printf '1s/alpha/beta/\nwq\n' | ed -s a.txt; echo $?; cat a.txt
#| 0
#| beta

#: bytes that are no text stay
printf 'a\377\001\nb\n' > f
printf '2d\nw\nq\n' | ed -s f; od -An -tx1 f
#|  61 ff 01 0a

#: an empty text
printf '1d\nw\n$=\nq\n' | ed a.txt; wc -c < a.txt
#| 6
#| 0
#| 0
#| 0
