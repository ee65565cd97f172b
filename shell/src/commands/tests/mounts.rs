//! `mount`, `umount` and `df`.

use super::*;

#[test]
fn file_systems_come_and_go() {
    let sys = FakeSystem::new();
    sys.make_dir("/mnt");
    sys.set_file("/mnt/below", "");
    sys.set_file("/file", "");
    let listed = "tmpfs on / type tmpfs (rw)\nnone on /mnt type tmpfs (rw,size=1024k)\n";
    check(
        &sys,
        &[
            ("mount", "", "tmpfs on / type tmpfs (rw)\n", 0),
            ("mount -t tmpfs -o size=1M none /mnt/../mnt/", "", "", 0),
            ("mount", "", listed, 0),
            ("mount -t proc", "", "", 0),
            ("ls /mnt", "", "", 0),
            ("mount -t tmpfs none /mnt", "", "!mount: /mnt: something is mounted there already\n", 32),
            (
                "df -h /mnt",
                "",
                "Filesystem Size Used Avail Use% Mounted on\nnone       1.0M    0  1.0M   0% /mnt\n",
                0,
            ),
            ("umount /mnt", "", "", 0),
            ("umount /mnt", "", "!umount: /mnt: not mounted\n", 32),
            ("umount /", "", "!umount: /: ", 32),
            ("ls /mnt", "", "below\n", 0),
            ("mount -o ro,mode=700 -t tmpfs x /mnt", "", "", 0),
            ("touch /mnt/x", "", "!Read-only file system", 1),
            ("stat -c %a%m /mnt", "", "700/mnt\n", 0),
            ("umount /mnt /none", "", "!umount: /none: No such file", 32),
            ("mount -t ext9 x /mnt", "", "!unknown file system type 'ext9'", 32),
            ("mount -t tmpfs x /file", "", "!mount: /file: Not a directory\n", 32),
            ("mount -t tmpfs x /none", "", "!mount: /none: No such file", 32),
            ("mount -t tmpfs -o size=0 x /mnt", "", "!invalid value in option 'size=0'", 2),
            ("mount -t tmpfs -o noexec x /mnt", "", "!unknown option 'noexec'", 2),
            ("mount x", "", "!both a source and a directory", 2),
            ("umount", "", "!missing operand", 2),
            ("df /none", "", "!df: /none: No such file", 1),
        ],
    );
    let moved = Run::new(&sys, "umount").args(["/mnt"]).cwd("/mnt").run();
    assert_eq!((moved.status, moved.error_text().as_str()), (32, "umount: /mnt: not mounted\n"));
    run(&sys, "mount -t tmpfs x /mnt", b"");
    let busy = Run::new(&sys, "umount").args(["/mnt"]).cwd("/mnt").run();
    assert_eq!((busy.status, busy.error_text().as_str()), (32, "umount: /mnt: target is busy\n"));
}
