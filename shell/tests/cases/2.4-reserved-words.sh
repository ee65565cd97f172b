# Reserved words (XCU 2.4).

#:
if=1; echo $if
#| 1

#:
for=x; for for in $for; do echo $for; done
#| x

#:
case if in if) echo if;; esac
#| if

#:
case esac in (esac) echo esac;; esac
#| esac

#:
echo while; echo until do; echo case esac
#| while
#| until do
#| case esac

#:
for i in do done; do echo $i; done
#| do
#| done

#:
for i in in; do echo $i; done
#| in

#:
'if' 2>/dev/null; echo $?
#| 127

#:
\while 2>/dev/null; echo $?
#| 127

#:
x=if; $x 2>/dev/null; echo $?
#| 127

#:
{ echo a; }; { echo b
}
#| a
#| b

#:
! false && echo a
#| a

#:
if ! false; then echo a; fi
#| a

#:
while ! true; do :; done; echo ok
#| ok

#:
for x in a b; do echo $x; done; for x in a b
do echo $x
done
#| a
#| b
#| a
#| b

#:
f() { echo f; }; if f; then f; fi
#| f
#| f
