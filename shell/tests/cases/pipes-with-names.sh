# Pipes with names: mkfifo, and redirections that wait for the other end.

#: from one to the other
mkfifo p; echo through > p & cat < p; wait
#| through

#: the reader comes first
mkfifo p; cat p & echo through > p; wait
#| through

#: stages of one pipeline meet
mkfifo p; echo a > p | cat < p
#| a

#: its letters and its name
mkfifo -m 644 p; ls -l p | cut -c1-10; ls -F; test -p p && echo is one; test -f p || echo no file; find . -type p
#| prw-r--r--
#| a.txt
#| b.txt
#| dir/
#| lib.sh
#| p|
#| is one
#| no file
#| ./p

#: stat names the kind
mkfifo p; stat -c '%F %s %h' p
#| fifo 0 1

#: the end of input comes with the last writer
mkfifo p; { echo 1; echo 2; } > p & (echo 3 >> /dev/null); cat p; echo end; wait
#| 1
#| 2
#| end

#: a writer may follow a writer
mkfifo p; exec 3<> p; echo 1 >&3; echo 2 > p; read a <&3; read b <&3; exec 3<&-; echo $a $b
#| 1 2

#: a compound command waits in the shell
mkfifo p; seq 3 > p & while read x; do echo "<$x>"; done < p; wait
#| <1>
#| <2>
#| <3>

#: what exec opens stays
mkfifo p; (exec 3> p; echo one >&3; echo two >&3) & exec 4< p; cat <&4; wait
#| one
#| two

#: redirections after the one that waits
mkfifo p; echo text > p & cat < p 3<&0 > out; cat out; wait
#| text

#: a redirection that fails after one that waited
mkfifo p; echo text > p & cat < p < none || echo no; wait
#| no
#! sh: none: No such file or directory

#: assignments before a command that waits
mkfifo p; : > p & x=5 sh -c 'echo $x' < p; echo "<$x>"; wait
#| 5
#| <>

#: nobody reads
mkfifo p; (: < p) & { sleep 0; (yes > p) 2> /dev/null; echo $(($? > 0)); }; wait
#| 1

#: names: renamed, linked, removed
mkfifo p; mv p q; ln q r; stat -c %h q; [ q -ef r ] && echo same; rm q r; ls
#| 2
#| same
#| a.txt
#| b.txt
#| dir
#| lib.sh

#: what is there already
mkfifo p; mkfifo p 2> /dev/null || echo no; mkfifo none/p 2> /dev/null || echo no; mkfifo 2> /dev/null || echo no
#| no
#| no
#| no

#: noclobber does not mind
mkfifo p; set -C; echo x > p & cat p; wait
#| x

#: permissions
umask 077; mkfifo a; mkfifo -m u=rw,g+w b; umask 0; mkfifo c; mkfifo -m 1 d; stat -c %a a b c d
#| 600
#| 666
#| 666
#| 1

#: a tree that is searched is not waited for
mkdir t; mkfifo t/p; echo word > t/f; grep -r word t; cp -r t u; diff -r t u; [ -p u/p ] && echo copied; du -a u | wc -l
#| t/f:word
#| File t/p is a fifo while file u/p is a fifo
#| copied
#| 3

#: an archive keeps it
mkdir t; mkfifo -m 640 t/p; tar cf x.tar t; tar tvf x.tar | cut -c1-10; rm -r t; tar xf x.tar; stat -c '%F %a' t/p
#| drwxr-xr-x
#| prw-r-----
#| fifo 640

#: a name for one
p=$(mktemp -u ./p.XXXXXX); mkfifo "$p" && [ -p "$p" ] && rm "$p"; echo $?
#| 0

#: a script through one
mkfifo p; echo 'x=5' > p & . ./p; echo $x; wait
#| 5

#: a lock is handed on
mkfifo p; exec 3<> p; echo > p; for i in 1 2 3; do (read x; echo $i; echo > p) <&3; done
#| 1
#| 2
#| 3

#: a waiting command ends with the signal
mkfifo p; (cat < p) & kill $!; wait $!; echo $?; (echo x > p) & cat p; wait
#| 143
#| x

#: timeout ends a wait
mkfifo p; timeout 0.1 cat p; echo $?; timeout 0.1 sh -c 'echo x > p'; echo $?
#| 124
#| 124
