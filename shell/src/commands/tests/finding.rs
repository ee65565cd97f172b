//! Commands that look for names and run commands on them, and what tells of files.

use super::*;
use crate::{
    env::{Changes, System},
    errno::Errno,
    fake::EPOCH,
};
use core::time::Duration;

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/w/a.txt", "alpha\n");
    sys.set_file("/w/B.TXT", "");
    sys.set_file("/w/d/c.txt", [b'x'; 1500]);
    sys.set_file("/w/d/e/f.rs", "fn\n");
    sys.make_dir("/w/none");
    sys
}

#[test]
fn find_lists_and_tests() {
    let sys = system();
    sys.block_on(sys.change(
        "/w/a.txt".into(),
        Changes::times(EPOCH, EPOCH - Duration::from_secs(3 * 86_400 + 60)),
        true,
    ))
    .unwrap();
    let all = "/w\n/w/B.TXT\n/w/a.txt\n/w/d\n/w/d/c.txt\n/w/d/e\n/w/d/e/f.rs\n/w/none\n";
    let deep = "/w/B.TXT\n/w/a.txt\n/w/d/c.txt\n/w/d/e/f.rs\n/w/d/e\n/w/d\n/w/none\n/w\n";
    check(
        &sys,
        &[
            ("find /w", "", all, 0),
            ("find /w -print", "", all, 0),
            ("find /w -depth", "", deep, 0),
            ("find /w/d /w/none", "", "/w/d\n/w/d/c.txt\n/w/d/e\n/w/d/e/f.rs\n/w/none\n", 0),
            ("find /w/", "", &all.replace("/w\n", "/w/\n"), 0),
            ("find /w -name *.txt", "", "/w/a.txt\n/w/d/c.txt\n", 0),
            ("find /w -iname *.Txt", "", "/w/B.TXT\n/w/a.txt\n/w/d/c.txt\n", 0),
            ("find /w -type d -name [de]", "", "/w/d\n/w/d/e\n", 0),
            ("find /w -type f,d -maxdepth 1 -mindepth 1", "", "/w/B.TXT\n/w/a.txt\n/w/d\n/w/none\n", 0),
            ("find /dev -type c -name n*", "", "/dev/null\n", 0),
            ("find /w -path */d/*", "", "/w/d/c.txt\n/w/d/e\n/w/d/e/f.rs\n", 0),
            ("find /w -empty", "", "/w/B.TXT\n/w/none\n", 0),
            ("find /w -type f -size +1", "", "/w/d/c.txt\n", 0),
            ("find /w -type f -size -1", "", "/w/B.TXT\n", 0),
            ("find /w -size 1500c", "", "/w/d/c.txt\n", 0),
            ("find /w -type f -size 1k", "", "/w/a.txt\n/w/d/e/f.rs\n", 0),
            ("find /w -type f -mtime +2", "", "/w/a.txt\n", 0),
            ("find /w -type f -newer /w/a.txt ! -empty", "", "/w/d/c.txt\n/w/d/e/f.rs\n", 0),
            ("find /w ( -name a* -o -name f* ) -print0", "", "/w/a.txt\0/w/d/e/f.rs\0", 0),
            ("find /w -name a* -o -name f* -print", "", "/w/d/e/f.rs\n", 0),
            ("find /w ! ! ! -type d -a -not -name *.txt", "", "/w/B.TXT\n/w/d/e/f.rs\n", 0),
            ("find /w ! ! -name d", "", "/w/d\n", 0),
            ("find /w -name d -prune -o -type f -print", "", "/w/B.TXT\n/w/a.txt\n", 0),
            ("find /none /w/none", "", "/w/none\n!find: /none: No such file or directory\n", 1),
        ],
    );
    let here = Run::new(&sys, "find").cwd("/w/d").run();
    assert_eq!(here.text(), ".\n./c.txt\n./e\n./e/f.rs\n");
    sys.fail_open("/w/d", Errno::EIO);
    check(&sys, &[("find /w/d", "", "/w/d\n!find: /w/d: Input/output error\n", 1)]);
}

#[test]
fn find_refuses_what_it_does_not_know() {
    let deep = alloc::format!("find /w {}-true{}", "( ".repeat(5000), " )".repeat(5000));
    check(
        &system(),
        &[
            ("find /w -what", "", "!find: unknown predicate '-what'\nusage: find", 2),
            ("find -name", "", "!missing argument to '-name'", 2),
            ("find -type x", "", "!invalid argument 'x' to '-type'", 2),
            ("find -size +-1", "", "!invalid argument '+-1' to '-size'", 2),
            ("find -size c", "", "!invalid argument 'c' to '-size'", 2),
            ("find -maxdepth -1", "", "!invalid argument '-1' to '-maxdepth'", 2),
            ("find ( -true", "", "!there is a ')' missing", 2),
            ("find -true )", "", "!there is a ')' too many", 2),
            ("find ( )", "", "!an expression is missing before ')'", 2),
            ("find -true -o", "", "!an expression is missing at the end", 2),
            ("find -true x", "", "!paths must come before the expression: 'x'", 2),
            ("find -exec echo {}", "", "!missing argument to '-exec'", 2),
            ("find -exec ;", "", "!missing argument to '-exec'", 2),
            ("find -newer /none", "", "!find: /none: No such file", 1),
            (&deep, "", "!the parentheses are nested too deep", 2),
        ],
    );
    // Many exclamation marks are not many levels.
    let many = alloc::format!("find /w/none {}-false", "! ".repeat(9999));
    check(&system(), &[(&many, "", "/w/none\n", 0)]);
}

#[test]
fn find_acts() {
    let sys = system();
    check(
        &sys,
        &[
            (
                "find /w -type f -exec echo <{}> {} ;",
                "",
                "</w/B.TXT> /w/B.TXT\n</w/a.txt> /w/a.txt\n</w/d/c.txt> /w/d/c.txt\n</w/d/e/f.rs> /w/d/e/f.rs\n",
                0,
            ),
            ("find /w -name *.txt -exec echo x {} +", "", "x /w/a.txt /w/d/c.txt\n", 0),
            ("find /w -name nothing -exec echo x {} +", "", "", 0),
            ("find /w -type f -exec grep -q alpha {} ; -print", "", "/w/a.txt\n", 0),
            ("find /w -name a* -print -exec echo x ; -print", "", "/w/a.txt\nx\n/w/a.txt\n", 0),
            ("find /w -name a* -exec sh -c echo~$0 {} ;", "", "/w/a.txt\n", 0),
            ("find /w/none -exec false {} ;", "", "", 0),
            ("find /w/none -exec false {} +", "", "", 1),
            ("find /w/none -exec nonsense {} ;", "", "!find: 'nonsense': No such command\n", 1),
            ("find /w -name *.txt -delete -print", "", "/w/a.txt\n/w/d/c.txt\n", 0),
            ("find /w/d -name d -delete", "", "!find: cannot delete '/w/d': Directory not empty\n", 1),
            ("find / -maxdepth 0 -delete", "", "!find: refusing to delete '/'\n", 1),
            ("find /w -delete", "", "", 0),
        ],
    );
    assert!(!sys.exists("/w"));
    // More names than one command gets.
    let sys = FakeSystem::new();
    (0..3000).for_each(|i| sys.set_file(&alloc::format!("/many/{i:030}"), ""));
    let finished = run(&sys, "find /many -type f -exec echo {} +", b"");
    assert_eq!(finished.text().lines().count(), 2);
    assert_eq!(finished.text().split_whitespace().count(), 3000);
    // A directory far deeper than any stack; made of few names, as the fake is slow with many.
    let sys = FakeSystem::new();
    sys.make_dir(&"/d".repeat(2000));
    assert_eq!(run(&sys, "find /d -delete", b"").status, 0);
    assert!(!sys.exists("/d"));
}

#[test]
fn xargs_makes_command_lines() {
    let sys = system();
    sys.set_file("/words", "x y");
    let full = "a 'b  c' \"d'e\" f\\ g\\\nh\n\n  i'j'\"k\" ''";
    check(
        &sys,
        &[
            ("xargs", full, "a b  c d'e f g\nh ijk \n", 0),
            ("xargs echo x", "a\nb c\n", "x a b c\n", 0),
            ("xargs -n 2 echo", "1 2 3\n4 5", "1 2\n3 4\n5\n", 0),
            ("xargs -L 1 echo", "1 2\n3 \n4\n\n\n5", "1 2\n3 4\n5\n", 0),
            ("xargs -L 2 echo", "1\n2\n3\n", "1 2\n3\n", 0),
            ("xargs -I {} echo <{}> {}", "  a b \n\n'c  d'\ne", "<a b > a b \n<c  d> c  d\n<e> e\n", 0),
            ("xargs -0 -n1 echo", "a b\0'\0\0c", "a b\n'\n\nc\n", 0),
            ("xargs -d , -n 1 echo", "a,b c,d\n", "a\nb c\nd\n\n", 0),
            ("xargs -d \\n echo", "a \"\nb\n", "a \" b\n", 0),
            ("xargs -0 -I X echo =X", "a\n\0b\0", "=a\n\n=b\n", 0),
            ("xargs -a /words cat", "", "!cat: x: No such file", 123),
            ("xargs -a /words echo", "", "x y\n", 0),
            ("xargs echo none", "", "none\n", 0),
            ("xargs -r echo none", " \n", "", 0),
            ("xargs -I {} echo {}", "", "", 0),
            ("xargs cat", "/w/a.txt /dev/null", "alpha\n", 0),
            ("xargs sh -c cat", "a", "", 0),
            ("xargs xargs xargs echo", "", "\n", 0),
            ("xargs -n 1 sh -c exit~$0", "0 3 0", "", 123),
            (
                "xargs -n 1 sh -c echo~$0;exit~$0",
                "1 255 2",
                "1\n255\n!xargs: sh: exited with status 255",
                124,
            ),
            ("xargs nonsense", "a", "!xargs: 'nonsense': No such command\n", 127),
            ("xargs cd", "a", "!xargs: 'cd': it is a builtin of the shell; sh -c runs it\n", 127),
            ("xargs", "a 'b\nc'", "!xargs: a ' is not closed\n", 1),
            ("xargs -n 0", "", "!invalid number '0' for -n", 2),
            ("xargs -d xy", "", "!invalid delimiter 'xy'", 2),
            ("xargs -I ~ -n", "", "!option requires an argument -- 'n'", 2),
        ],
    );
    let told = run(&sys, "xargs -t -n1 echo x", b"1 2");
    assert_eq!((told.text().as_str(), told.error_text().as_str()), ("x 1\nx 2\n", "echo x 1\necho x 2\n"));
    // Long input goes to several commands; no word is lost.
    let numbers: String = (0..20_000).map(|i| alloc::format!("{i}\n")).collect();
    let finished = run(&sys, "xargs echo", numbers.as_bytes());
    assert!(finished.text().lines().count() > 1);
    assert_eq!(finished.text().replace(' ', "\n"), numbers);
    let endless = run(&sys, "xargs echo", &[b'x'; 300_000]);
    assert_eq!((endless.status, endless.error_text().as_str()), (1, "xargs: a word is too long\n"));
}

#[test]
fn a_command_does_not_outlive_the_one_that_runs_it() {
    let sys = system();
    let job = sys.new_job().unwrap();
    let nested = "xargs find /w/none -exec sleep 1000 ;";
    let stderr = alloc::sync::Arc::new(crate::fake::Capture::default());
    let fds = crate::fd::FdTable::with_stdio(
        sys.block_on(sys.open("/dev/null".into(), crate::env::OpenFlags::READ)).unwrap(),
        sys.pipe().unwrap().1,
        stderr.clone(),
    );
    let signals = crate::env::Signals::new();
    let process = crate::process::Process {
        sys: sys.port(),
        args: nested.split(' ').map(Into::into).collect(),
        env: Default::default(),
        cwd: "/".into(),
        umask: 0o022,
        fds: fds.clone(),
        signals: signals.clone(),
    };
    let run = (find(&sys, b"xargs").unwrap().run)(process);
    job.spawn(crate::env::Stage { name: "xargs".into(), command: nested.into(), fds, signals, run }).unwrap();
    sys.block_on(sys.sleep(Duration::from_secs(1)));
    assert_eq!(sys.command_lines(), [nested, "find /w/none -exec sleep 1000 ;", "sleep 1000"]);
    job.signal(crate::env::Signal::Term);
    assert_eq!(sys.running(), 0);
}

#[test]
fn dd_counts_blocks() {
    let sys = system();
    sys.set_file("/n", "0123456789");
    let told = |line: &str, stdin: &str| {
        let finished = run(&sys, line, stdin.as_bytes());
        (finished.text(), finished.error_text(), finished.status)
    };
    let (out, err, status) = told("dd if=/n bs=4", "");
    assert_eq!((out.as_str(), status), ("0123456789", 0));
    assert_eq!(err, "2+1 records in\n2+1 records out\n10 bytes copied, 0.000000 s, Infinity B/s\n");
    let (out, err, _) = told("dd if=/n ibs=3 obs=4 status=noxfer", "");
    assert_eq!((out.as_str(), err.as_str()), ("0123456789", "3+1 records in\n2+1 records out\n"));
    let (_, err, _) = told("dd if=/dev/zero of=/z bs=2kB count=3", "");
    assert_eq!(err.lines().last(), Some("6000 bytes (6.0 kB, 5.9 KiB) copied, 0.000000 s, Infinity B/s"));
    assert_eq!(sys.file("/z").unwrap(), [0; 6000]);
    // A device that is full is an error, and what was read is told all the same.
    let (_, err, status) = told("dd if=/n of=/dev/full", "");
    let message = "dd: error writing '/dev/full': No space left on device\n0+1 records in\n0+0 records out\n";
    assert!(status == 1 && err.starts_with(message), "{err}");
    check(
        &sys,
        &[
            ("dd status=none", "some text", "some text", 0),
            ("dd if=/n skip=2 bs=3 count=1 status=none", "", "678", 0),
            ("dd skip=100 bs=3 count=1 status=none", "0123456789", "", 0),
            ("dd skip=1 bs=3 iflag=fullblock status=none", "0123456789", "3456789", 0),
            ("dd if=/n of=/o status=none", "", "", 0),
            ("dd of=/o bs=1 seek=2 conv=notrunc status=none", "xy", "", 0),
            ("cat /o", "", "01xy456789", 0),
            ("dd of=/o oflag=append status=none conv=ucase", "end", "", 0),
            ("cat /o", "", "01xy456789END", 0),
            ("dd of=/o count=0 status=none", "", "", 0),
            ("cat /o", "", "", 0),
            ("dd if=/n bs=4 conv=sync count=3 status=none", "", "0123456789\0\0", 0),
            ("dd if=/none", "", "!dd: failed to open '/none': No such file or directory\n", 1),
            ("dd of=/o conv=excl", "", "!dd: failed to open '/o': File exists\n", 1),
            ("dd of=/none conv=nocreat", "", "!No such file", 1),
            ("dd if=/w bs=1", "", "!dd: error reading '/w': Is a directory\n", 1),
            ("dd seek=1", "", "!dd: cannot seek in '-': Illegal seek\n", 1),
            ("dd bs=0", "", "!dd: invalid value '0' of bs\n", 2),
            ("dd bs=99999999999G", "", "!invalid value", 2),
            ("dd count=1y", "", "!invalid value '1y' of count", 2),
            ("dd conv=ebcdic", "", "!invalid value 'ebcdic' of conv", 2),
            ("dd bs", "", "!unrecognized operand 'bs'", 2),
        ],
    );
    for (line, bytes) in [("2x3x4", 24), ("3w", 6), ("1kB", 1000), ("1b", 512), ("2K", 2048)] {
        let line = alloc::format!("dd if=/dev/zero status=none count=1 bs={line}");
        assert_eq!(run(&sys, &line, b"").stdout.len(), bytes, "{line}");
    }
    let broken = Run::new(&sys, "dd").args(["if=/dev/zero", "status=none"]).close_stdout_after(10).run();
    assert_eq!((broken.status, broken.error_text().as_str()), (crate::io::BROKEN_PIPE, ""));
}

#[test]
fn stat_tells_of_files() {
    let sys = system();
    let form = "  File: /w/a.txt\n  Size: 6         \tBlocks: 8          IO Block: 4096   regular file\n\
                Device: 0,1\tInode: NUMBER Links: 1    \n\
                Access: (0644/-rw-r--r--)  Uid: (    0/    root)   Gid: (    0/    root)\n\
                Access: TIME\nModify: TIME\nChange: TIME\n Birth: -\n"
        .replace("TIME", "2023-11-14 22:13:20.000000000 +0000");
    let inode = sys.block_on(sys.stat("/w/a.txt".into())).unwrap().inode;
    check(
        &sys,
        &[
            ("stat /w/a.txt", "", &form.replace("NUMBER", &alloc::format!("{inode:<11}")), 0),
            ("stat -c %n:%s:%a:%h:%Y%%%?% /w/a.txt", "", "/w/a.txt:6:644:1:1700000000%?%\n", 0),
            (
                "stat -c %F,%A /w /dev/null /w/B.TXT",
                "",
                "directory,drwxr-xr-x\ncharacter special file,crw-rw-rw-\nregular empty file,-rw-r--r--\n",
                0,
            ),
            ("stat -c %s /none /w/a.txt", "", "6\n!stat: cannot stat '/none': No such file", 1),
            ("stat", "", "!missing operand", 2),
        ],
    );
}

#[test]
fn names_of_files_and_of_who_is_here() {
    check(
        &system(),
        &[
            ("realpath /w/./d//../a.txt /w/new", "", "/w/a.txt\n/w/new\n", 0),
            ("realpath -e /w/new", "", "!realpath: /w/new: No such file or directory\n", 1),
            ("realpath /w/none2/x /w", "", "/w\n!realpath: /w/none2/x: No such file", 1),
            ("realpath -q /w/none2/x", "", "", 1),
            ("realpath -m /w/none2/../../x", "", "/x\n", 0),
            ("realpath -z / .", "", "/\0/\0", 0),
            ("realpath /w/a.txt/x", "", "!Not a directory", 1),
            ("realpath ", "", "!realpath: : No such file", 1),
            ("realpath", "", "!missing operand", 2),
            ("which ls sh", "", "ls\nsh\n", 0),
            ("which ls nonsense /w /w/a.txt", "", "ls\n/w/a.txt\n", 1),
            ("which", "", "", 1),
            ("hostname", "", "pollux\n", 0),
            ("hostname x", "", "!hostname: cannot set the name to 'x'\n", 1),
            ("whoami", "", "root\n", 0),
            ("whoami x", "", "!extra operand 'x'", 2),
            ("id", "", "uid=0(root) gid=0(root) groups=0(root)\n", 0),
            ("id -u", "", "0\n", 0),
            ("id -un root", "", "root\n", 0),
            ("id -n", "", "!-n and -r go with", 2),
            ("id nobody", "", "!id: 'nobody': no such user\n", 1),
        ],
    );
}

#[test]
fn du_adds_sizes() {
    let sys = system();
    check(
        &sys,
        &[
            ("du /w", "", "4\t/w/d/e\n8\t/w/d\n0\t/w/none\n12\t/w\n", 0),
            ("du -b /w/d", "", "3\t/w/d/e\n1503\t/w/d\n", 0),
            ("du -sb /w /w/d", "", "1509\t/w\n1503\t/w/d\n", 0),
            ("du -ab -d 1 /w", "", "0\t/w/B.TXT\n6\t/w/a.txt\n1503\t/w/d\n0\t/w/none\n1509\t/w\n", 0),
            ("du -b -d 0 /w", "", "1509\t/w\n", 0),
            ("du -hc /w/d/c.txt /w/a.txt", "", "4.0K\t/w/d/c.txt\n4.0K\t/w/a.txt\n8.0K\ttotal\n", 0),
            ("du /w/none /none", "", "0\t/w/none\n!du: cannot access '/none': No such file", 1),
            ("du -d x", "", "!invalid depth 'x'", 2),
            ("du -s -d 1", "", "!invalid depth '1'", 2),
            ("du -as", "", "!-a and -s exclude each other", 2),
        ],
    );
    sys.fail_open("/w/d", Errno::EIO);
    let expected = "0\t/w/d\n0\t/w/none\n6\t/w\n!du: cannot read directory '/w/d': Input/output error\n";
    check(&sys, &[("du -b /w", "", expected, 1)]);
}

#[test]
fn tree_draws() {
    let sys = system();
    sys.set_file("/w/.hidden", "");
    let whole = "/w\n├── B.TXT\n├── a.txt\n├── d\n│   ├── c.txt\n│   └── e\n│       └── f.rs\n└── none\n\n3 directories, 4 files\n";
    check(
        &sys,
        &[
            ("tree /w", "", whole, 0),
            ("tree -L 1 /w", "", "/w\n├── B.TXT\n├── a.txt\n├── d\n└── none\n\n2 directories, 2 files\n", 0),
            ("tree -d /w", "", "/w\n├── d\n│   └── e\n└── none\n\n3 directories\n", 0),
            ("tree -f /w/d/e /w/none", "", "/w/d/e\n└── /w/d/e/f.rs\n/w/none\n\n0 directories, 1 file\n", 0),
            ("tree /none", "", "\n0 directories, 0 files\n!tree: /none: No such file or directory\n", 1),
            ("tree /w/a.txt", "", "\n0 directories, 0 files\n!tree: /w/a.txt: Not a directory\n", 1),
            ("tree -L 0", "", "!invalid number of levels '0'", 2),
        ],
    );
    assert!(run(&sys, "tree -a /w", b"").text().starts_with("/w\n├── .hidden\n"));
    let below = Run::new(&sys, "tree").cwd("/w/d").run();
    assert_eq!(below.text(), ".\n├── c.txt\n└── e\n    └── f.rs\n\n1 directory, 2 files\n");
    sys.fail_open("/w/d", Errno::EIO);
    let failed = run(&sys, "tree /w", b"");
    assert!(failed.status == 1 && failed.text().contains("├── d  [Input/output error]\n└── none\n"));
}

#[test]
fn mktemp_makes_new_names() {
    let sys = system();
    let make = |line: &str| {
        let finished = run(&sys, line, b"");
        assert_eq!((finished.status, finished.error_text().as_str()), (0, ""), "{line}");
        String::from(finished.text().trim_end())
    };
    let (first, second) = (make("mktemp"), make("mktemp"));
    assert!(first != second && sys.file(&first) == Some(Vec::new()), "{first} {second}");
    assert!(first.starts_with("/tmp/tmp.") && first.len() == "/tmp/tmp.XXXXXXXXXX".len(), "{first}");
    let dir = make("mktemp -d /w/x.XXXX.d");
    assert!(dir.starts_with("/w/x.") && dir.ends_with(".d") && !dir.contains('X'), "{dir}");
    assert_eq!(sys.block_on(sys.stat(dir.as_str().into())).unwrap().kind, crate::env::FileType::Directory);
    assert!(make("mktemp -p /w aXXX").starts_with("/w/a") && make("mktemp -t aXXX").starts_with("/tmp/a"));
    assert!(!sys.exists(&make("mktemp -u")));
    let elsewhere = Run::new(&sys, "mktemp").env("TMPDIR", "/w/d").run().text();
    assert!(elsewhere.starts_with("/w/d/tmp."), "{elsewhere}");
    check(
        &sys,
        &[
            ("mktemp aXX", "", "!mktemp: too few X's in template 'aXX'\n", 1),
            ("mktemp XXXX/a", "", "!too few X's", 1),
            ("mktemp -p /w /aXXX", "", "!template '/aXXX' is absolute", 1),
            ("mktemp /none/aXXX", "", "!: No such file or directory\n", 1),
            ("mktemp -q /none/aXXX", "", "", 1),
            ("mktemp aXXX b", "", "!extra operand 'b'", 2),
        ],
    );
    // Where there are random bytes they decide; a name that is taken is not used again.
    sys.set_file("/dev/urandom", "\0\u{1}\u{2}\u{3}");
    assert_eq!(make("mktemp /w/XXXX"), "/w/ABCD");
    let taken = run(&sys, "mktemp /w/XXXX", b"");
    assert_eq!((taken.status, taken.error_text().contains("all are taken")), (1, true));
}

#[test]
fn timeout_ends_commands() {
    let sys = system();
    check(
        &sys,
        &[
            ("timeout 5 sleep 100", "", "", 124),
            ("timeout 1m sleep 30", "", "", 0),
            ("timeout 0 sleep 1h", "", "", 0),
            ("timeout 5 cat", "through", "through", 0),
            ("timeout 5 false", "", "", 1),
            ("timeout -s KILL 5 sleep 100", "", "", 137),
            ("timeout -s sigint -k 3 5 sleep 100", "", "", 124),
            ("timeout 5 sh -c echo~a;sleep~100", "", "a\n", 124),
            ("timeout 50 timeout 5 sleep 100", "", "", 124),
            ("timeout 5 nonsense", "", "!timeout: 'nonsense': No such command\n", 127),
            ("timeout x true", "", "!timeout: invalid time interval 'x'\n", 125),
            ("timeout -s NOPE 1 true", "", "!'NOPE': not a signal; kill -l lists them", 125),
            ("timeout 5", "", "!missing operand", 2),
        ],
    );
    let before = sys.uptime();
    assert_eq!(run(&sys, "timeout 5 timeout 50 sleep 100", b"").status, 124);
    assert_eq!(sys.uptime() - before, Duration::from_secs(5));
    sys.fail_spawns_after(1);
    check(&sys, &[("timeout 5 true", "", "!timeout: cannot start 'true': Cannot allocate memory\n", 126)]);
}

#[test]
fn a_closed_pipe_or_a_full_device_ends_them() {
    let sys = system();
    let lines = [
        "find /w",
        "stat /w",
        "du /w",
        "tree /w",
        "realpath /w",
        "mktemp -u",
        "which ls",
        "hostname",
        "id",
        "whoami",
    ];
    for line in lines {
        let words = || line.split(' ').skip(1);
        let name = line.split(' ').next().unwrap();
        let broken = Run::new(&sys, name).args(words()).close_stdout_after(0).run();
        assert_eq!((broken.status, broken.error_text().as_str()), (crate::io::BROKEN_PIPE, ""), "{line}");
        let full = sys.block_on(sys.open("/dev/full".into(), crate::env::OpenFlags::WRITE)).unwrap();
        let failed = Run::new(&sys, name).args(words()).stdout(full).run();
        let message = alloc::format!("{name}: write error: No space left on device\n");
        assert_eq!((failed.status, failed.error_text()), (1, message), "{line}");
    }
}
