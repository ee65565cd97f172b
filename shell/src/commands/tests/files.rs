//! Commands that look at, make, move and remove files.

use super::*;
use crate::{
    env::{Changes, OpenFlags, System},
    errno::Errno,
    fake::EPOCH,
};

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/w/a", "alpha\n");
    sys.set_file("/w/b", "beta\n");
    sys.set_file("/w/.hidden", "");
    sys.set_file("/w/d/c", "gamma\n");
    sys.set_file("/w/d/e/f", "delta\n");
    sys
}

#[test]
fn ls_lists() {
    let long = "total 4\ndrwxr-xr-x 2 root root 0 Nov 14 22:13 dev\n";
    let sys = system();
    check(
        &sys,
        &[
            ("ls /w", "", "a\nb\nd\n", 0),
            ("ls -A /w", "", ".hidden\na\nb\nd\n", 0),
            ("ls -a /w/d", "", ".\n..\nc\ne\n", 0),
            ("ls -r /w", "", "d\nb\na\n", 0),
            ("ls -S /w", "", "a\nb\nd\n", 0),
            ("ls -F /w", "", "a\nb\nd/\n", 0),
            ("ls -d /w", "", "/w\n", 0),
            ("ls /w/a /w/d", "", "/w/a\n\n/w/d:\nc\ne\n", 0),
            ("ls -R /w", "", "/w:\na\nb\nd\n\n/w/d:\nc\ne\n\n/w/d/e:\nf\n", 0),
            ("ls -C /w", "", "a  b  d\n", 0),
            ("ls -l /w/a", "", "-rw-r--r-- 1 root root 6 Nov 14 22:13 /w/a\n", 0),
            (
                "ls -l /w/d",
                "",
                "total 4\n-rw-r--r-- 1 root root 6 Nov 14 22:13 c\ndrwxr-xr-x 2 root root 0 Nov 14 22:13 e\n",
                0,
            ),
            ("ls /none /w/a", "", "/w/a\n!ls: cannot access '/none': No such file or directory\n", 2),
        ],
    );
    assert!(!run(&sys, "ls -l /", b"").text().contains(long), "the device directory is as old as the epoch");
    assert!(run(&sys, "ls -ld /dev", b"").text().contains("Jan  1  1970 /dev"));
    sys.block_on(sys.change("/w/b".into(), Changes::times(EPOCH, EPOCH * 2), true)).unwrap();
    assert_eq!(run(&sys, "ls -t /w", b"").text(), "b\na\nd\n");
    sys.fail_open("/w/d", Errno::EIO);
    let finished = run(&sys, "ls /w/d", b"");
    assert_eq!((finished.status, finished.error_text().contains("Input/output error")), (2, true));
}

#[test]
fn ls_on_a_terminal_has_columns_and_colours() {
    let sys = system();
    sys.set_file("/w/bad\x1bname", "");
    sys.terminal().resize(24, 10);
    let tty = sys.block_on(sys.open("/dev/tty".into(), OpenFlags::WRITE)).unwrap();
    let finished = Run::new(&sys, "ls").args(["/w"]).stdout(tty).run();
    assert_eq!(finished.status, 0);
    assert_eq!(sys.terminal().take_output(), "a\nb\nbad?name\n\x1b[1;34md\x1b[0m\n");
}

#[test]
fn directories_are_made_and_removed() {
    let sys = system();
    check(
        &sys,
        &[
            ("mkdir /n /w", "", "!mkdir: cannot create directory '/w': File exists\n", 1),
            ("mkdir /x/y", "", "!No such file or directory", 1),
            ("mkdir -p /x/y/z/ /w", "", "", 0),
            ("mkdir -p /w/a/q", "", "!File exists", 1),
            ("mkdir -p /", "", "", 0),
            ("mkdir -v /v", "", "created directory '/v'\n", 0),
            ("rmdir /w/d", "", "!rmdir: failed to remove '/w/d': Directory not empty\n", 1),
            ("rmdir /w/a", "", "!Not a directory", 1),
            ("rmdir -p /x/y/z", "", "", 0),
            ("mkdir", "", "!missing operand", 2),
        ],
    );
    assert!(sys.exists("/n") && sys.exists("/v") && !sys.exists("/x"));
}

#[test]
fn rm_removes_but_not_everything() {
    let sys = system();
    check(
        &sys,
        &[
            ("rm /w/a /none", "", "!rm: cannot remove '/none': No such file or directory\n", 1),
            ("rm /w/d", "", "!rm: cannot remove '/w/d': Is a directory\n", 1),
            ("rm -f /none", "", "", 0),
            ("rm -f", "", "", 0),
            ("rm -rf /", "", "!rm: refusing to remove '/'\n", 1),
            ("rm -rf /w/..", "", "!refusing", 1),
            ("rm -r //", "", "!refusing", 1),
            ("rm -rf .", "", "!refusing", 1),
            (
                "rm -rv /w/d",
                "",
                "removed '/w/d/c'\nremoved '/w/d/e/f'\nremoved '/w/d/e'\nremoved '/w/d'\n",
                0,
            ),
            ("rm -d /w/d", "", "!No such file", 1),
        ],
    );
    assert!(!sys.exists("/w/a") && sys.exists("/w/b") && !sys.exists("/w/d"));
}

#[test]
fn cp_copies() {
    let sys = system();
    check(
        &sys,
        &[
            ("cp /w/a /w/a2", "", "", 0),
            ("cp /w/a /w/b /w/d", "", "", 0),
            ("cp -v /w/a /w/d/c", "", "'/w/a' -> '/w/d/c'\n", 0),
            ("cp -n /w/b /w/a2", "", "", 0),
            ("cp /w/d /w/n", "", "!cp: directory not copied without -r: '/w/d' to '/w/n'\n", 1),
            ("cp -r /w/d /copy", "", "", 0),
            ("cp -r /w/d /copy", "", "", 0),
            ("cp -r /w /w/d/inside", "", "!cannot copy a directory into itself", 1),
            ("cp /w/a /w/./a", "", "!cp: '/w/a' and '/w/./a' are the same file", 1),
            ("cp /w/a /w/b /w/a2", "", "!target '/w/a2' is not a directory", 1),
            ("cp /none /x", "", "!cp: /none: No such file or directory\n", 1),
            ("cp /w/a /dev/full", "", "!cp: /dev/full: No space left on device\n", 1),
            ("cp /w/a", "", "!missing operand", 2),
        ],
    );
    for (path, content) in
        [("/w/a2", "alpha\n"), ("/w/d/b", "beta\n"), ("/copy/e/f", "delta\n"), ("/copy/d/e/f", "delta\n")]
    {
        assert_eq!(sys.file(path).unwrap_or_default().as_bstr(), content, "{path}");
    }
    assert!(!sys.exists("/w/n"));
}

#[test]
fn mv_moves_also_across_file_systems() {
    let sys = system();
    sys.mount_at("/mnt");
    check(
        &sys,
        &[
            ("mv /w/a /w/z", "", "", 0),
            ("mv -n /w/b /w/z", "", "", 0),
            ("mv -v /w/b /w/d", "", "renamed '/w/b' -> '/w/d/b'\n", 0),
            ("mv /w/d /w/d/e", "", "!mv: cannot move '/w/d' into itself, '/w/d/e/d'\n", 1),
            ("mv /w/z /w/z", "", "!are the same file", 1),
            ("mv /w/d /mnt", "", "", 0),
            ("mv /none /x", "", "!mv: cannot move '/none' to '/x': No such file or directory\n", 1),
            ("mv /w/z /none/x", "", "!No such file", 1),
        ],
    );
    assert_eq!(sys.file("/mnt/d/e/f").unwrap().as_bstr(), "delta\n");
    assert_eq!(sys.file("/mnt/d/b").unwrap().as_bstr(), "beta\n");
    assert!(!sys.exists("/w/d") && !sys.exists("/w/b") && sys.exists("/w/z"));
}

#[test]
fn a_failed_copy_keeps_the_source() {
    let sys = system();
    sys.mount_at("/mnt");
    sys.fail_read("/w/d/c", Errno::EIO);
    let finished = run(&sys, "mv /w/d /mnt", b"");
    assert_eq!((finished.status, finished.error_text().as_str()), (1, "mv: /w/d/c: Input/output error\n"));
    assert!(sys.exists("/w/d/c") && sys.exists("/w/d/e/f"));
}

#[test]
fn touch_sets_times() {
    let sys = system();
    sys.advance(core::time::Duration::from_secs(100));
    let stat = |path: &str| sys.block_on(sys.stat(path.into())).unwrap();
    check(&sys, &[("touch /w/a /new", "", "", 0), ("touch -c /not", "", "", 0)]);
    assert_eq!(stat("/w/a").modified.as_secs(), EPOCH.as_secs() + 100);
    assert_eq!(stat("/w/a").size, 6, "the content stays");
    assert!(sys.exists("/new") && !sys.exists("/not"));
    check(&sys, &[("touch -d @5 /w/a", "", "", 0), ("touch -r /w/a /w/b", "", "", 0)]);
    assert_eq!(stat("/w/b").modified.as_secs(), 5);
    check(&sys, &[("touch /no/dir", "", "!touch: cannot touch '/no/dir': No such file", 1)]);
    check(&sys, &[("touch -d never /w/a", "", "!invalid date 'never'", 2)]);
}

#[test]
fn tail_follows_a_growing_file() {
    let sys = system();
    let (tail, clone) = (Run::new(&sys, "tail").args(["-f", "/w/a"]).close_stdout_after(10), sys.clone());
    let job = sys.new_job().unwrap();
    let writer = async move {
        clone.sleep(core::time::Duration::from_secs(3)).await;
        let file = clone.open("/w/a".into(), OpenFlags::WRITE | OpenFlags::APPEND).await.unwrap();
        core::future::poll_fn(|cx| file.poll_write(cx, b"more\n")).await.unwrap();
        // And once more, so that tail notices that nobody reads it.
        clone.sleep(core::time::Duration::from_secs(3)).await;
        core::future::poll_fn(|cx| file.poll_write(cx, b"more\n")).await.unwrap();
        0
    };
    let stage = crate::env::Stage {
        name: "writer".into(),
        command: "writer".into(),
        fds: Default::default(),
        signals: Default::default(),
        run: alloc::boxed::Box::pin(writer),
    };
    job.spawn(stage).unwrap();
    let finished = tail.run();
    assert_eq!((finished.text().as_str(), finished.status), ("alpha\nmore", 141));
}
