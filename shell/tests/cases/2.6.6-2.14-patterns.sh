# Patterns, of file names (XCU 2.6.6) and in general (XCU 2.14).

#:
echo *.txt; echo *.none; echo *; echo .h*
#| a.txt b.txt
#| *.none
#| a.txt b.txt dir lib.sh
#| .hidden

#:
echo ?.txt ??.txt; echo [ab].txt [b-z].txt [!a].txt
#| a.txt b.txt ??.txt
#| a.txt b.txt b.txt b.txt

#:
echo a*t *a* *.t?t
#| a.txt a.txt a.txt b.txt

#:
echo */; echo */*; echo dir/*; echo ./*.txt
#| dir/
#| dir/c.txt
#| dir/c.txt
#| ./a.txt ./b.txt

#:
echo "*.txt" '*.txt' \*.txt "*".txt *.tx"t"
#| *.txt *.txt *.txt *.txt a.txt b.txt

#:
set -f; echo *.txt; set +f; echo *.txt
#| *.txt
#| a.txt b.txt

#:
x='*.txt'; echo $x "$x"
#| a.txt b.txt *.txt

#:
touch 'a b.txt'; for f in *.txt; do echo "<$f>"; done
#| <a b.txt>
#| <a.txt>
#| <b.txt>

#:
touch '[x]'; echo \[x]; echo '['*; echo [[]x]
#| [x]
#| [x]
#| [x]

#:
touch -- -x; echo -*; echo [-a]* | tr ' ' '\n' | head -1
#| -x
#| -x

#:
echo [a-b].txt [[:alpha:]].txt [![:digit:]].txt
#| a.txt b.txt a.txt b.txt a.txt b.txt

#:
mkdir d1 d2; touch d1/f d2/f; echo d?/f d[12]/*
#| d1/f d2/f d1/f d2/f

#:
cd dir; echo ../*.txt; echo ../dir/*
#| ../a.txt ../b.txt
#| ../dir/c.txt

#:
echo nomatch[ nomatch] [ ]
#| nomatch[ nomatch] [ ]

#:
case abc in abc) echo 1;; esac; case abc in a*) echo 2;; esac; case abc in *c) echo 3;; esac; case abc in *b*) echo 4;; esac
#| 1
#| 2
#| 3
#| 4

#:
case abc in ???) echo 3;; esac; case abc in ??) echo 2;; *) echo no;; esac
#| 3
#| no

#:
case a in [abc]) echo in;; esac; case d in [!abc]) echo out;; esac; case b in [a-c]) echo range;; esac
#| in
#| out
#| range

#:
case ] in []]) echo bracket;; esac; case - in [a-]) echo dash;; esac; case - in [-a]) echo dash2;; esac
#| bracket
#| dash
#| dash2

#:
case 5 in [[:digit:]]) echo d;; esac; case a in [[:alpha:][:digit:]]) echo ad;; esac; case ' ' in [[:space:]]) echo s;; esac
#| d
#| ad
#| s

#:
case '*' in \*) echo star;; esac; case x in \*) echo no;; *) echo other;; esac; case '*' in '*') echo q;; esac
#| star
#| other
#| q

#:
case 'a*b' in a\*b) echo 1;; esac; case 'a*b' in 'a*b') echo 2;; esac; case axb in 'a*b') echo no;; *) echo 3;; esac
#| 1
#| 2
#| 3

#:
p='[ab]'; case a in $p) echo yes;; esac; case a in "$p") echo no;; *) echo literal;; esac
#| yes
#| literal

#:
case '' in '') echo empty;; esac; case '' in *) echo any;; esac; case '' in ?) echo no;; *) echo none;; esac
#| empty
#| any
#| none

#:
case 'a
b' in a*b) echo newline;; esac
#| newline

#:
case a/b in a*b) echo slash;; esac; case .x in *) echo dot;; esac
#| slash
#| dot

#: a question mark is a character
case é in ?) echo one;; esac; case é in [é]) echo set;; esac
#| one
#| set

#:
case '[a' in [a) echo open;; esac
#| open

#:
case a-c in [a-c]) echo no;; a-c) echo literal;; esac
#| literal

#:
case b in [!a-b]) echo no;; [a-b]) echo yes;; esac
#| yes

#:
case '\' in \\) echo bs;; esac; case 'a\b' in 'a\b') echo bs2;; esac; case 'a\b' in a\\b) echo bs3;; esac
#| bs
#| bs2
#| bs3

#:
x='a\*'; case 'a*' in $x) echo escaped;; *) echo no;; esac
#| escaped

#:
case aXb in a[A-Z]b) echo upper;; esac; case ab in a*b) echo zero;; esac; case aab in a*ab) echo back;; esac
#| upper
#| zero
#| back

#:
case abcabd in *abd) echo tail;; esac; case mississippi in *iss*ip*) echo multi;; esac
#| tail
#| multi

#:
for f in *.none; do echo "$f"; done
#| *.none

#:
printf '%s\n' *.t[x]t
#| a.txt
#| b.txt

#:
echo *.txt; echo d*/*; echo nomatch*; echo "*"; echo [ab].txt [!a].txt
#| a.txt b.txt
#| dir/c.txt
#| nomatch*
#| *
#| a.txt b.txt b.txt

#:
x='*.txt'; echo $x "$x"; set -f; echo *.txt
#| a.txt b.txt *.txt
#| *.txt

#:
cd dir; echo ../a.txt ../*.txt; cd - > /dev/null; cat a.txt
#| ../a.txt ../a.txt ../b.txt
#| alpha
