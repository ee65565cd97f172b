//! Scripts about files: links, permissions, times, sizes, copies and archives, with what they write. Where dash and the
//! GNU commands are installed, it is checked that they write the same.

use alloc::vec::Vec;
use std::process::Command;

use pollux_cases::HostShell;

use super::support::run;

/// A script and its standard output. Messages differ, so that standard error is left aside.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "ln -s a.txt l; cat l; readlink l; ln -s l l2; basename $(readlink -f l2); test -h l2 && test -L l && ! test -h a.txt && echo links",
        "alpha\na.txt\na.txt\nlinks\n",
    ),
    (
        "ln a.txt b; echo new > a.txt; cat b; stat -c '%h %s' a.txt; rm a.txt; cat b; stat -c %h b",
        "new\n2 4\nnew\n1\n",
    ),
    (
        "ln -s nowhere d; cat d; echo $?; test -e d; echo $?; test -h d && echo link; echo made > d; cat nowhere",
        "1\n1\nlink\nmade\n",
    ),
    (
        "ln -s dir d; ls d; ls -d d; cd d; basename \"$PWD\"; cd ..; cat d/c.txt; rm d; ls dir",
        "c.txt\nd\nd\ngamma\nc.txt\n",
    ),
    ("ln -s x y; ln -s y x; cat x; echo $?; ls x; readlink x", "1\ny\n"),
    (
        "ln -s a.txt l; ln -s b.txt l; echo $?; ln -sf b.txt l; readlink l; ln -sfn dir l; ln -sfn a.txt l; readlink l",
        "1\nb.txt\na.txt\n",
    ),
    (
        "ln dir hard; echo $?; ln a.txt dir; ls dir; ln -s ../a.txt dir/up; cat dir/up; ln -s dir/c.txt .; echo $?; ls -d c.txt",
        "1\na.txt\nc.txt\nalpha\n0\nc.txt\n",
    ),
    ("ln -sr dir/c.txt here; readlink here; ln -sr a.txt dir/up; readlink dir/up", "dir/c.txt\n../a.txt\n"),
    (
        "mkdir t; ln -s ../a.txt t/l; cp -R t t2; readlink t2/l; cp -RL t t3; test -h t3/l; echo $?; cat t3/l; cp t/l flat; test -h flat; echo $?; cp -P t/l p; readlink p",
        "../a.txt\n1\nalpha\n1\n../a.txt\n",
    ),
    (
        "ln -s a.txt l; mv l m; readlink m; cat m; cat a.txt; echo x > m; cat a.txt; rm m; ls",
        "a.txt\nalpha\nalpha\nx\na.txt\nb.txt\ndir\nlib.sh\n",
    ),
    ("mkdir d1; ln -s d1 s; touch s/f; ls d1; rm -r s; ls -d d1 s; find d1", "f\nd1\nd1\nd1/f\n"),
    ("ln a.txt h; mv a.txt h; ls; stat -c %h h", "a.txt\nb.txt\ndir\nh\nlib.sh\n2\n"),
    (
        "ln -s a.txt l; chmod 600 l; stat -c %a a.txt; stat -Lc %a l; stat -c '%F %N' l",
        "600\n600\nsymbolic link 'l' -> 'a.txt'\n",
    ),
    ("ln -s '' e; echo $?; readlink a.txt; echo $?; readlink nothing; echo $?", "1\n1\n1\n"),
    (
        "ln -s dir/ sl; ls sl/; test -d sl && echo d; rmdir sl; echo $?; rm sl; echo $?; ls",
        "c.txt\nd\n1\n0\na.txt\nb.txt\ndir\nlib.sh\n",
    ),
    (
        "umask; umask -S; umask 027; touch n; mkdir m; stat -c %a n m; umask u=rwx,g=,o=; touch o; stat -c %a o; (umask 0; touch p; stat -c %a p); umask",
        "0022\nu=rwx,g=rx,o=rx\n640\n750\n600\n666\n0077\n",
    ),
    (
        "chmod 640 a.txt; stat -c '%a %A' a.txt; chmod +x a.txt; stat -c %A a.txt; chmod go= a.txt; stat -c %A a.txt; chmod u=rw,g=u,o=g-w a.txt; stat -c %A a.txt",
        "640 -rw-r-----\n-rwxr-x--x\n-rwx------\n-rw-rw-r--\n",
    ),
    (
        "chmod -R a+X,g-r dir; stat -c '%a %n' dir dir/c.txt; chmod 4755 a.txt; chmod +t dir; stat -c %A a.txt dir; test -u a.txt && test -k dir && echo yes",
        "715 dir\n604 dir/c.txt\n-rwsr-xr-x\ndrwx--xr-t\nyes\n",
    ),
    (
        "chmod -x dir; stat -c %a dir; chmod --reference=a.txt dir/c.txt; stat -c %a dir/c.txt; chmod 644 no; echo $?",
        "644\n644\n1\n",
    ),
    (
        "echo 'echo ran \"$1\"' > s; ./s one; echo $?; chmod +x s; ./s two; test -x s; echo $?; sh s three",
        "126\nran two\n0\nran three\n",
    ),
    (
        "chmod -v 600 a.txt | wc -l; chmod -c 600 a.txt; chmod 000 a.txt; cat a.txt; test -r a.txt && test -w a.txt && ! test -x a.txt && echo root",
        "1\nalpha\nroot\n",
    ),
    (
        "mkdir -m 700 p 2>&1; stat -c %a p; touch f; chmod 777 f; cp f g; stat -c %a g; umask 077; cp f h; cp -p f i; stat -c %a h i",
        "700\n755\n700\n777\n",
    ),
    (
        "touch -d '2020-02-29 12:34:56' a.txt; stat -c '%y' a.txt | cut -c1-19; touch -t 202101020304.05 b.txt; stat -c %Y b.txt; test a.txt -ot b.txt && test b.txt -nt a.txt && echo older",
        "2020-02-29 12:34:56\n1609556645\nolder\n",
    ),
    (
        "touch -r a.txt n; test n -nt a.txt; echo $?; touch -a -d @5 a.txt; stat -c %X a.txt; touch -m -d @7 a.txt; stat -c '%X %Y' a.txt; touch -c nope; test -e nope; echo $?",
        "1\n5\n5 7\n1\n",
    ),
    (
        "touch -d @100 a.txt; cp -p a.txt c; stat -c %Y c; mv c e; stat -c %Y e; ln -s a.txt l; touch -h -d @9 l; stat -c %Y l a.txt",
        "100\n100\n9\n100\n",
    ),
    (
        "test a.txt -ef ./a.txt && echo same; ln a.txt h; test a.txt -ef h && echo same; cp a.txt i; test a.txt -ef i; echo $?; test no -ef no; echo $?",
        "same\nsame\n1\n1\n",
    ),
    (
        "truncate -s 10000 s; stat -c '%s %b' s; echo x >> s; stat -c %s s; truncate -s 3 a.txt; cat a.txt; truncate -s +2 a.txt; od -An -c a.txt; truncate -s -4 a.txt; cat a.txt",
        "10000 0\n10002\nalp   a   l   p  \\0  \\0\na",
    ),
    (
        "truncate -s 5K f; stat -c %s f; truncate -s '<2K' f; stat -c %s f; truncate -s '>3K' f; stat -c %s f; truncate -s %1000 f; stat -c %s f; truncate -s /7 f; stat -c %s f; truncate -r a.txt f; stat -c %s f; truncate -c -s 1 no; test -e no; echo $?",
        "5120\n2048\n3072\n4000\n3997\n6\n1\n",
    ),
    (
        "echo 0123456789 > f; printf ab | dd of=f bs=1 seek=3 2>/dev/null; cat f; echo; printf ab | dd of=f bs=1 seek=8 conv=notrunc 2>/dev/null; od -An -c f; dd if=/dev/null of=f bs=1 seek=2 2>/dev/null; stat -c %s f",
        "012ab\n   0   1   2   a   b  \\0  \\0  \\0   a   b\n2\n",
    ),
    (
        "printf x | dd of=hole bs=1M seek=3 2>/dev/null; stat -c '%s %b' hole; cp hole copy; stat -c '%s %b' copy; cmp hole copy && echo equal; du --apparent-size -b hole",
        "3145729 8\n3145729 8\nequal\n3145729\thole\n",
    ),
    (
        "echo data > f; cat f f > g; cat f >> f; echo $?; cat f; cat < f >> f; echo $?; cat f > f; echo $?; stat -c %s f",
        "1\ndata\n1\n0\n0\n",
    ),
    ("exec 3> f; rm f; echo gone >&3; ls f; echo $?; echo new > f; cat f; exec 3>&-", "2\nnew\n"),
    ("exec 3< a.txt; echo changed > n; mv n a.txt; cat <&3; cat a.txt", "alpha\nchanged\n"),
    ("(echo one; echo two) >> log & (echo three) >> log; wait; sort log", "one\nthree\ntwo\n"),
    (
        "cp a.txt b.txt dir; ls dir; cp a.txt a.txt; echo $?; cp dir d2; echo $?; cp -r dir d2; ls d2; cp -r dir d2; ls d2; cp -r dir dir/sub 2>/dev/null; echo $?",
        "a.txt\nb.txt\nc.txt\n1\n1\na.txt\nb.txt\nc.txt\na.txt\nb.txt\nc.txt\ndir\n1\n",
    ),
    (
        "mkdir d; ln a.txt d/x; ln a.txt d/y; cp -a d e; stat -c %h e/x; test e/x -ef e/y && echo kept; cp -r d f; test f/x -ef f/y; echo $?",
        "2\nkept\n1\n",
    ),
    (
        "echo n | cp -i a.txt b.txt 2>/dev/null; cat b.txt; echo y | cp -i a.txt b.txt 2>/dev/null; cat b.txt; echo n | mv -i a.txt b.txt 2>/dev/null; ls; echo n | rm -i a.txt 2>/dev/null; ls a.txt; echo y | rm -i a.txt 2>/dev/null; ls",
        "beta\nalpha\na.txt\nb.txt\ndir\nlib.sh\na.txt\nb.txt\ndir\nlib.sh\n",
    ),
    (
        "touch -d @1 a.txt; touch -d @2 b.txt; cp -u a.txt b.txt; cat b.txt; cp -u b.txt a.txt; cat a.txt; mv -u a.txt b.txt; ls; cp -n b.txt lib.sh; head -c4 lib.sh; cp -t dir b.txt; ls dir; cp -T a.txt dir; echo $?",
        "beta\nbeta\nb.txt\ndir\nlib.sh\nfromb.txt\nc.txt\n1\n",
    ),
    (
        "cp -l a.txt h; test a.txt -ef h && echo hard; cp -s a.txt s; readlink s; cp --help | head -c 0; mv dir d; mv d/c.txt .; rmdir d; ls; mv no x; echo $?; mv a.txt b.txt no; echo $?",
        "hard\na.txt\na.txt\nb.txt\nc.txt\nh\nlib.sh\ns\n1\n1\n",
    ),
    (
        "ln -s gone l; cp a.txt l; echo $?; test -e gone; echo $?; cp --remove-destination a.txt l 2>/dev/null; rm -f l; cp -f a.txt l; cat l",
        "1\n1\nalpha\n",
    ),
    (
        "mkdir -p x/y; touch x/y/z; mv x x/y/w; echo $?; mv x/y .; ls y; mv -v y q; mv -T q dir; echo $?; mv -n a.txt b.txt; ls",
        "1\nz\nrenamed 'y' -> 'q'\n1\na.txt\nb.txt\ndir\nlib.sh\nq\nx\n",
    ),
    (
        "rm -r dir; ls; rm no; echo $?; rm -f no; echo $?; rm -rf no dir; mkdir e; rm e; echo $?; rm -d e; echo $?; ln -s a.txt l; rm l; cat a.txt; rm -r .; echo $?",
        "a.txt\nb.txt\nlib.sh\n1\n0\n1\n0\nalpha\n1\n",
    ),
    (
        "chmod 751 dir; touch -d @50 dir; cp -a dir c; stat -c '%a %Y' c; cp -r dir e; stat -c %a e; cp -p dir/c.txt x; stat -c %a x",
        "751 50\n751\n644\n",
    ),
    (
        "ln -s a.txt l; ls; ls -F; ls -p; ls -1s *.txt l; ls -d dir l; mkdir z; ls -ld z | cut -c1-12; ls -l l | wc -w; ls -lL l | cut -c1-10",
        "a.txt\nb.txt\ndir\nl\nlib.sh\na.txt\nb.txt\ndir/\nl@\nlib.sh\na.txt\nb.txt\ndir/\nl\nlib.sh\n4 a.txt\n4 b.txt\n0 l\ndir\nl\ndrwxr-xr-x 2\n11\n-rw-r--r--\n",
    ),
    (
        "touch -d @3 a.txt; touch -d @2 b.txt; touch -d @1 lib.sh; touch -d @4 dir; ls -t; ls -tr; touch -a -d @9 b.txt; ls -tu a.txt b.txt; ls -u a.txt b.txt; ls -lu a.txt | grep -c 1970",
        "dir\na.txt\nb.txt\nlib.sh\nlib.sh\nb.txt\na.txt\ndir\nb.txt\na.txt\nb.txt\na.txt\n1\n",
    ),
    (
        "ls -li a.txt | wc -w; ls -n a.txt | cut -d' ' -f2-4; ls -g a.txt | wc -w; ls -o a.txt | wc -w; ls -go a.txt | wc -w; ls -R; ls -lR dir | head -2; ln -s dir s; ls s; ls -l s | wc -l; ls -H s; ls -lH s | head -1",
        "10\n1 0 0\n8\n8\n7\n.:\na.txt\nb.txt\ndir\nlib.sh\n\n./dir:\nc.txt\ndir:\ntotal 4\nc.txt\n1\nc.txt\ntotal 4\n",
    ),
    (
        "ln -s a.txt l; ln -s dir ld; find . -type l | sort; find -L . -type l; find -L ld | sort; find ld; find -H ld | sort; find . -lname 'a*'; ln a.txt h; find . -samefile a.txt | sort; find . -links 2 -type f | sort",
        "./l\n./ld\nld\nld/c.txt\nld\nld\nld/c.txt\n./l\n./a.txt\n./h\n./a.txt\n./h\n",
    ),
    (
        "chmod 600 a.txt; chmod 755 b.txt; find . -perm 600; find . -type f -perm -100; find . -maxdepth 1 -type f -perm /022; find . -newer no; echo $?; touch -d @5 lib.sh; find . -mtime +1000; find . -user root -name a.txt; find . -uid 0 -name b.txt",
        "./a.txt\n./b.txt\n1\n./lib.sh\n./a.txt\n./b.txt\n",
    ),
    (
        "ln a.txt h; du -ab --apparent-size a.txt h; du -b a.txt; du -bl a.txt h; truncate -s 1M hole; du hole; du -h hole; du --apparent-size -k hole",
        "6\ta.txt\n6\ta.txt\n6\ta.txt\n6\th\n0\thole\n0\thole\n1024\thole\n",
    ),
    (
        "f=$(mktemp ./x.XXXXXX); stat -c '%a %s' $f; d=$(mktemp -d ./y.XXXXXX); stat -c %a $d; rm $f; rmdir $d",
        "600 0\n700\n",
    ),
    (
        "mkdir -p p/q; ln -s p/q s; basename $(realpath s/../a); basename $(readlink -f s/.); readlink -e s/no; echo $?; basename $(dirname $(dirname $(readlink -m s/no/x))); basename $(realpath -s s)",
        "a\nq\n1\nq\ns\n",
    ),
    (
        "mkdir g; cd g; rmdir ../g; basename \"$PWD\"; touch x; echo $?; cat z; echo $?; cd ..; echo $?; test -d . && echo there; ls",
        "g\n1\n1\n0\nthere\na.txt\nb.txt\ndir\nlib.sh\n",
    ),
    ("mkdir -p g/h; cd g/h; rm -r ../../g; echo $?; cd; basename \"$PWD\"", "0\ndir\n"),
    ("df . | head -1 | wc -l; df -P . | tail -1 | wc -w; df -T . | wc -l; df no; echo $?", "1\n6\n2\n1\n"),
    ("sync; echo $?; sync a.txt; echo $?; sync no; echo $?", "0\n0\n1\n"),
    (
        "chown root a.txt; stat -c %U a.txt; chown 5:6 a.txt; stat -c '%u %g' a.txt; chgrp 7 a.txt; stat -c %g a.txt; chown :8 a.txt; stat -c %u:%g a.txt; cp -p a.txt o; stat -c %u:%g o; chown nobodyhere a.txt; echo $?; chown -R 3 dir; stat -c %u dir dir/c.txt; ln -s a.txt l; chown -h 9 l; stat -c %u l a.txt",
        "root\n5 6\n7\n5:8\n5:8\n1\n3\n3\n9\n5\n",
    ),
    (
        "tar cf t.tar a.txt dir; tar tf t.tar; rm -r a.txt dir; tar xf t.tar; cat a.txt dir/c.txt",
        "a.txt\ndir/\ndir/c.txt\nalpha\ngamma\n",
    ),
    (
        "ln -s a.txt l; ln a.txt h; touch -h -d '2020-01-02 03:04:05' a.txt l dir dir/c.txt; tar cf - a.txt h l dir | tar tvf -",
        "-rw-r--r-- root/root         6 2020-01-02 03:04 a.txt\nhrw-r--r-- root/root         0 2020-01-02 03:04 h link to a.txt\nlrwxrwxrwx root/root         0 2020-01-02 03:04 l -> a.txt\ndrwxr-xr-x root/root         0 2020-01-02 03:04 dir/\n-rw-r--r-- root/root         6 2020-01-02 03:04 dir/c.txt\n",
    ),
    (
        "mkdir o; tar cf t a.txt; tar xvf t -C o; ls o; tar -x -f t -C o nope; echo $?; tar tf t nope; echo $?; tar cf t2 nope; echo $?; tar; echo $?",
        "a.txt\na.txt\n2\n2\n2\n2\n",
    ),
    (
        "chmod 705 dir; touch -d @77 dir a.txt; tar cf t a.txt dir; rm -r a.txt dir; tar xf t; stat -c '%a %Y' a.txt dir; tar xOf t a.txt; tar cvf t dir; tar cf t --exclude='*.txt' dir; tar tf t | sort",
        "644 77\n705 77\nalpha\ndir/\ndir/c.txt\ndir/\n",
    ),
    (
        "mkdir -p p/q; echo deep > p/q/r; tar cf t p; mkdir o; tar xf t -C o --strip-components=1; cat o/q/r; tar xf t p/q; echo $?; echo junk > j; tar tf j; echo $?; tar xf no; echo $?",
        "deep\n0\n2\n2\n",
    ),
];

#[test]
fn scripts_about_files_write_what_they_should() {
    let mut wrong = Vec::new();
    for (script, expected) in SCRIPTS {
        let outcome = run(script);
        if outcome.stdout != *expected {
            wrong.push(alloc::format!("{script}\nwrote {outcome:?}\nnot   {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Only where the host is as this system: GNU's commands, and root to run them.
#[test]
fn the_host_agrees() {
    let output = |name: &str, args: &[&str]| {
        let output = Command::new(name).args(args).output().ok()?;
        Some(alloc::string::String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let is_gnu = |name| output(name, &["--version"]).is_some_and(|version| version.contains("GNU"));
    let is_root = output("id", &["-u"]).is_some_and(|id| id == "0\n");
    let host = HostShell::find("dash").filter(|_| is_root && ["cp", "find", "tar"].into_iter().all(is_gnu));
    let Some(host) = host else {
        std::println!("the host has not dash, GNU's commands and root: nothing is compared with it");
        return;
    };
    let differ = |(script, expected): &&(&str, &str)| {
        host.run(&alloc::format!("umask 022; {script}")).expect("dash runs").stdout != *expected
    };
    let wrong: Vec<_> = SCRIPTS.iter().filter(differ).map(|(script, _)| script).collect();
    assert!(wrong.is_empty(), "the host differs: {wrong:#?}");
}
