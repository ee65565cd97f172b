# Token recognition (XCU 2.3).

#:
echo a;echo b;echo c
#| a
#| b
#| c

#:
echo a&&echo b||echo c
#| a
#| b

#:
echo a>f;cat<f
#| a

#:
echo 2>f; cat f; echo 2 >f; cat f
#|
#| 2

#:
echo a2>f; cat f
#| a2

#:
x=1;y=2;echo $x$y
#| 12

#:
# a comment at the beginning
echo one #two
echo three#four
#| one
#| three#four

#:
(echo a);(echo b)
#| a
#| b

#:
{ echo a;}
#| a

#:
echo }; echo {; echo { }
#| }
#| {
#| { }

#:
echo if then else fi while do done
#| if then else fi while do done

#:
echo "a" "b"  	 c
#| a b c
