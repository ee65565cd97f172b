//! Mount points: crossing them both ways, and what may not be done to them.

use super::*;
use crate::fs::inode::{Answer, Inode, NewNode, Node, Opened, now as at_once};
use futures_util::future::Either;
use pollux_shell::env::{FileType, Metadata};

fn small() -> Node {
    root(|| 1 << 20, || Duration::from_secs(7)).unwrap()
}

/// `/mnt/x` and, in it, `/mnt/x/y` are mounts.
fn mounted() -> Vfs {
    let vfs = tree();
    vfs.mkdir_at("/mnt").unwrap();
    now(vfs.mount(name("//mnt/x/"), NewMount::new("outer", small()))).unwrap();
    now(vfs.mount(name("/mnt/x/y"), NewMount::new("inner", small()))).unwrap();
    vfs
}

#[test]
fn walks_cross_both_ways() {
    let vfs = mounted();
    vfs.put("/root", b"root").unwrap();
    vfs.put("/mnt/x/outer", b"outer").unwrap();
    vfs.put("/mnt/x/y/inner", b"inner").unwrap();
    assert_eq!(vfs.get("/mnt/x/y/../outer").unwrap(), b"outer");
    assert_eq!(vfs.get("/mnt/x/y/../../../root").unwrap(), b"root");
    assert_eq!(vfs.get("/mnt/x/y/../../x/y/inner").unwrap(), b"inner");
    assert_eq!(vfs.names("/mnt/x/y/..").unwrap(), ["outer", "y"]);
    assert_eq!(vfs.get("/mnt/outer"), Err(Errno::ENOENT));
    let mounts: Vec<_> = vfs.mounts().into_iter().map(|m| (m.kind, m.path)).collect();
    let expected = [("tmpfs", "/"), ("outer", "/mnt/x"), ("inner", "/mnt/x/y")];
    assert_eq!(mounts, expected.map(|(kind, path)| (kind.into(), path.into())));
}

#[test]
fn a_directory_lists_what_is_mounted_in_it() {
    let vfs = mounted();
    let entries = now(vfs.read_dir(name("/mnt"))).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].name, "x");
    assert_eq!(entries[0].metadata, now(vfs.stat(name("/mnt/x"))).unwrap());
    assert_eq!(entries[0].metadata.modified.as_secs(), 7, "the root of the mount, not what it covers");
}

#[test]
fn mount_points_are_busy() {
    let vfs = mounted();
    vfs.mkdir_at("/dir").unwrap();
    assert_eq!(vfs.rmdir_at("/mnt/x"), Err(Errno::EBUSY));
    assert_eq!(vfs.unlink_at("/mnt/x"), Err(Errno::EISDIR));
    assert_eq!(vfs.rename_at("/mnt/x", "/mnt/z"), Err(Errno::EBUSY));
    assert_eq!(vfs.rename_at("/dir", "/mnt/x"), Err(Errno::EBUSY));
    assert_eq!(vfs.rename_at("/mnt", "/other"), Err(Errno::EBUSY), "its path would not be true any more");
    assert_eq!(vfs.mkdir_at("/mnt/x"), Err(Errno::EEXIST));
    for (path, error) in [
        ("/", Errno::EBUSY),
        ("/mnt/x", Errno::EBUSY),
        ("/mnt/../dir", Errno::EINVAL),
        ("/mnt/.", Errno::EINVAL),
        ("/no/dir", Errno::ENOENT),
    ] {
        assert_eq!(now(vfs.mount(name(path), NewMount::new("t", small()))), Err(error), "{path}");
    }
    vfs.put("/file", b"").unwrap();
    assert_eq!(now(vfs.mount(name("/file"), NewMount::new("t", small()))), Err(Errno::ENOTDIR));
}

#[test]
fn nothing_is_renamed_from_one_mount_to_another() {
    let vfs = mounted();
    vfs.put("/file", b"x").unwrap();
    assert_eq!(vfs.rename_at("/file", "/mnt/x/file"), Err(Errno::EXDEV));
    assert_eq!(vfs.rename_at("/no", "/mnt/x/file"), Err(Errno::ENOENT));
    vfs.rename_at("/file", "/mnt/x/../file").unwrap();
    assert_eq!(vfs.get("/mnt/file").unwrap(), b"x");
}

/// A file system that answers only when it is polled a second time, as one on a disk would.
struct Slow(Node);

/// Waits once.
async fn wait() {
    let mut waited = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut waited, true) {
            return core::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        core::task::Poll::Pending
    })
    .await;
}

impl Inode for Slow {
    fn kind(&self) -> FileType {
        self.0.kind()
    }

    fn number(&self) -> u64 {
        self.0.number()
    }

    fn metadata(&self) -> Metadata {
        self.0.metadata()
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        at_once(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        Either::Right(alloc::boxed::Box::pin(async move {
            wait().await;
            Ok(Arc::new(Slow(self.0.lookup(name).await?)) as Node)
        }))
    }

    fn create<'a>(&'a self, name: &'a BStr, new: NewNode<'a>, mode: u16) -> Answer<'a, Node> {
        Either::Right(alloc::boxed::Box::pin(async move {
            wait().await;
            self.0.create(name, new, mode).await
        }))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn core::any::Any + Send + Sync> {
        self
    }
}

#[test]
fn a_file_system_may_answer_later() {
    let vfs = Vfs::new("slow", Arc::new(Slow(small())));
    let mut polls = 0;
    let mut run = |future: pollux_shell::env::BoxFuture<'_, Result<()>>| {
        let mut future = future;
        loop {
            polls += 1;
            let mut cx = core::task::Context::from_waker(core::task::Waker::noop());
            if let core::task::Poll::Ready(result) = future.as_mut().poll(&mut cx) {
                return result;
            }
        }
    };
    run(alloc::boxed::Box::pin(vfs.mkdir(name("/a"), 0o755))).unwrap();
    run(alloc::boxed::Box::pin(vfs.mkdir(name("/a/b"), 0o755))).unwrap();
    assert_eq!(run(alloc::boxed::Box::pin(vfs.mkdir(name("/a/b"), 0o755))), Err(Errno::EEXIST));
    assert_eq!(polls, 3 + 4 + 3, "one wait for each lookup and each creation");
}

#[test]
fn what_is_in_use_stays_mounted() {
    let vfs = mounted();
    let unmount = |path: &str| now(vfs.unmount(path.into()));
    assert_eq!(unmount("/mnt/x"), Err(Errno::EBUSY), "something is mounted on it");
    vfs.put("/mnt/x/y/file", b"data").unwrap();
    let open = vfs.open_at("/mnt/x/y/file", READ).unwrap();
    assert_eq!(unmount("/mnt/x/y"), Err(Errno::EBUSY), "a file is open");
    drop(open);
    let dir = vfs.open_at("/mnt/x/y", READ).unwrap();
    assert_eq!(unmount("/mnt/x/y"), Err(Errno::EBUSY), "the directory is open");
    drop(dir);
    assert_eq!(unmount("/mnt/x/y/file"), Err(Errno::EINVAL));
    assert_eq!(unmount("/mnt"), Err(Errno::EINVAL));
    assert_eq!(unmount("/"), Err(Errno::EBUSY));
    assert_eq!(unmount("/no"), Err(Errno::ENOENT));
    unmount("/mnt/x/y").unwrap();
    assert_eq!(vfs.get("/mnt/x/y/file"), Err(Errno::ENOENT));
    vfs.rename_at("/mnt/x/y", "/mnt/x/z").unwrap();
    unmount("/mnt/x").unwrap();
    assert_eq!(vfs.names("/mnt/x").unwrap(), Vec::<BString>::new(), "what it covered");
    assert_eq!(vfs.mounts().len(), 1);
    vfs.rename_at("/mnt", "/moved").unwrap();
}

#[test]
fn nothing_changes_on_what_is_mounted_read_only() {
    let vfs = tree();
    let fs = small();
    now(fs.create(name("file"), NewNode::File, 0o644)).unwrap();
    now(fs.create(name("dir"), NewNode::Directory, 0o755)).unwrap();
    now(vfs.mount(name("/ro"), NewMount { read_only: true, ..NewMount::new("tmpfs", fs) })).unwrap();
    vfs.put("/file", b"").unwrap();
    let rofs = Errno::EROFS;
    assert_eq!(vfs.open_at("/ro/file", WRITE).err(), Some(rofs));
    assert_eq!(vfs.open_at("/ro/new", WRITE | CREATE).err(), Some(rofs));
    assert!(vfs.open_at("/ro/file", READ | CREATE).is_ok());
    assert_eq!(vfs.mkdir_at("/ro/new"), Err(rofs));
    assert_eq!(vfs.mkdir_at("/ro/dir"), Err(Errno::EEXIST));
    assert_eq!(vfs.symlink_at("x", "/ro/new"), Err(rofs));
    assert_eq!(vfs.link_at("/ro/file", "/ro/new"), Err(rofs));
    assert_eq!(vfs.unlink_at("/ro/file"), Err(rofs));
    assert_eq!(vfs.rmdir_at("/ro/dir"), Err(rofs));
    assert_eq!(vfs.rename_at("/ro/file", "/ro/new"), Err(rofs));
    assert_eq!(now(vfs.change(name("/ro/file"), &Changes::mode(0), true)), Err(rofs));
}

#[test]
fn a_file_system_has_a_number_and_tells_how_full_it_is() {
    let vfs = mounted();
    vfs.put("/mnt/x/file", &[1; 10_000]).unwrap();
    let mounts = vfs.mounts();
    let outer = &mounts[1];
    assert_eq!(outer.device, vfs.stat_at("/mnt/x/file").unwrap().device);
    assert_ne!(outer.device, vfs.stat_at("/mnt").unwrap().device);
    let space = outer.space.unwrap();
    assert_eq!((space.total, space.files), (1 << 20, 3), "the root, the directory y, the file");
    assert!((12_288..20_000).contains(&space.used), "{space:?}");
    assert_eq!(vfs.link_at("/mnt/x/file", "/file"), Err(Errno::EXDEV));
}
