# Aliases (XCU 2.3.1). bash has them in scripts only with --posix.
#@ dash

#:
alias e='echo aliased'
e one
#| aliased one

#:
alias e='echo first'; e 2>/dev/null || echo not yet
e now
#| not yet
#| first now

#:
alias a='echo x '
alias b='echo y'
a b
#| x echo y

#:
alias a='echo x'
alias b='echo y'
a b
#| x b

#:
alias ls='echo ls' 
ls
\ls a.txt
'ls' a.txt
#| ls
#| a.txt
#| a.txt

#:
alias echo='echo prefix'
echo a
#| prefix a

#:
alias a='b' b='a'
a 2>/dev/null || echo ends
#| ends

#:
alias w='while'
w false; do :; done; echo $?
#| 0

#:
alias begin='{' end='}'
begin echo in; end
#| in

#:
alias two='echo 1; echo'
two 2
#| 1
#| 2

#:
alias e='echo q'
x=1 e $x
#| q

#:
alias e='echo q'
> f e to file; cat f
#| q to file

#:
alias e='echo q'
if e a; then e b; fi; ! e c; { e d; }; (e e)
#| q a
#| q b
#| q c
#| q d
#| q e

#:
alias e='echo q'
f() { e in function; }
unalias e
f
#| q in function

#:
alias e='echo q'
unalias e
(e a) 2>/dev/null || echo gone
#| gone

#:
alias p='| cat'
echo piped p
#| piped p

#:
alias foo=bar
alias foo
alias nosuch 2>/dev/null || echo none
#| foo='bar'
#| none

#:
unalias -a; alias; echo $?
#| 0

#:
alias x=y; unalias nosuch 2>/dev/null; echo $?
#| 1

#:
alias e='echo sub'
echo $(e a) `e b`
#| sub a sub b

#:
alias e='echo q' ; eval 'e evaluated'
#| q evaluated

#:
alias nl='echo one
echo two'
nl
#| one
#| two

#:
alias sp='echo a '
alias tail='b '
alias c=d
sp tail c
#| a b d

#:
alias hd='cat <<E'
hd
text
E
#| text

#:
alias t='true &&'
t echo chained
#| chained

#:
alias x='case a in a) echo hit;; esac'
x
#| hit

#:
alias a=
a echo empty alias
#| empty alias

#:
(alias inner='echo in'; eval inner); inner 2>/dev/null || echo not outside
#| in
#| not outside

#:
alias c='echo #'
c shown
#|

#:
alias if='echo no'
if true; then echo reserved; fi
#| reserved
