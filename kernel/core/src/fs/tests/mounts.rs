//! Mount points: crossing them both ways, and what may not be done to them.

use super::*;
use crate::fs::{
    directory::Directory,
    inode::{Answer, Inode, NewNode, Node, now as at_once},
};
use futures_util::future::Either;
use pollux_shell::env::{FileType, Metadata};

fn small() -> Node {
    root(|| 1 << 20, || Duration::from_secs(7)).unwrap()
}

/// `/mnt/x` and, in it, `/mnt/x/y` are mounts.
fn mounted() -> Vfs {
    let vfs = tree();
    vfs.mkdir_at("/mnt").unwrap();
    now(vfs.mount(name("//mnt/x/"), "outer", small())).unwrap();
    now(vfs.mount(name("/mnt/x/y"), "inner", small())).unwrap();
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
    assert_eq!(mounts, [("tmpfs", "/".into()), ("outer", "/mnt/x".into()), ("inner", "/mnt/x/y".into())]);
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
        assert_eq!(now(vfs.mount(name(path), "t", small())), Err(error), "{path}");
    }
    vfs.put("/file", b"").unwrap();
    assert_eq!(now(vfs.mount(name("/file"), "t", small())), Err(Errno::ENOTDIR));
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

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        at_once(Ok(Arc::new(Directory(self.0.clone()))))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        Either::Right(alloc::boxed::Box::pin(async move {
            wait().await;
            Ok(Arc::new(Slow(self.0.lookup(name).await?)) as Node)
        }))
    }

    fn create<'a>(&'a self, name: &'a BStr, kind: NewNode) -> Answer<'a, Node> {
        Either::Right(alloc::boxed::Box::pin(async move {
            wait().await;
            self.0.create(name, kind).await
        }))
    }

    fn as_any(&self) -> &dyn core::any::Any {
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
    run(alloc::boxed::Box::pin(vfs.mkdir(name("/a")))).unwrap();
    run(alloc::boxed::Box::pin(vfs.mkdir(name("/a/b")))).unwrap();
    assert_eq!(run(alloc::boxed::Box::pin(vfs.mkdir(name("/a/b")))), Err(Errno::EEXIST));
    assert_eq!(polls, 3 + 4 + 3, "one wait for each lookup and each creation");
}
