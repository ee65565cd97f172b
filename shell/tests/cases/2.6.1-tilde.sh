# Tilde expansion (XCU 2.6.1).

#:
HOME=/h; echo ~ ~/x ~/ "~" \~ '~' a~
#| /h /h/x /h/ ~ ~ ~ a~

#:
HOME=/h; x=~; echo $x; x=~/a; echo $x; x=a:~/b:~; echo $x; x=a~; echo $x
#| /h
#| /h/a
#| a:/h/b:/h
#| a~

#:
HOME='/a b'; printf '[%s]' ~ ~/c; echo
#| [/a b][/a b/c]

#:
HOME=/h; for x in ~ ~/y; do echo $x; done
#| /h
#| /h/y

#:
HOME=/h; case ~ in /h) echo match;; esac; case /h in ~) echo match;; esac
#| match
#| match

#:
HOME=/h; echo ${x:-~} ${x:-~/a} "${x:-~}"
#| /h /h/a ~

#:
HOME=/h; x=/h/y; echo ${x#~}
#| /y

#:
HOME='*'; echo ~
#| *

#:
HOME=$PWD; echo hi > ~/f; cat f
#| hi

#:
HOME=/h; x="~"; echo $x
#| ~

#:
HOME=/h; export y=~/z; echo $y
#| /h/z

#:
HOME=/h; f() { echo $1; }; f ~
#| /h

#:
HOME=/h; echo ~"/x" ~'a' \~/x
#| ~/x ~a ~/x

#:
cd ~; pwd | grep -c dir; echo '~' "~" | cat
#| 1
#| ~ ~

#: a user's name
[ ~root = '~root' ] || echo known; echo ~nobody-of-that-name ~root/x | grep -c '^~nobody-of-that-name /.*x$'
#| known
#| 1
