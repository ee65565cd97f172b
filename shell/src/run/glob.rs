//! File names from patterns (XCU 2.14.3).

use alloc::{vec, vec::Vec};
use bstr::{BString, ByteSlice};

use crate::{
    env::FileType,
    lang::pattern::{is_magic, matches, unescape},
    process::absolute,
    shell::Shell,
};

impl Shell {
    /// Adds the names that a field matches, sorted; the field itself if there are none.
    pub(super) async fn expand_path(&mut self, pattern: &[u8], into: &mut Vec<BString>) {
        let before = into.len();
        if !self.options.no_glob && is_magic(pattern) {
            self.match_paths(pattern, into).await;
            into[before..].sort_unstable();
        }
        if into.len() == before {
            into.push(unescape(pattern));
        }
    }

    /// Walks the pattern's components from left to right with all paths that match so far.
    async fn match_paths(&mut self, pattern: &[u8], into: &mut Vec<BString>) {
        let mut paths = vec![BString::default()];
        let mut components = pattern.split(|&byte| byte == b'/').peekable();
        while let Some(component) = components.next() {
            let last = components.peek().is_none();
            let mut next = Vec::new();
            for mut path in paths {
                if !is_magic(component) {
                    path.extend_from_slice(&unescape(component));
                    if !last {
                        path.push(b'/');
                    } else if self
                        .sys
                        .lstat(absolute(self.cwd.as_bstr(), path.as_bstr()).as_bstr())
                        .await
                        .is_err()
                    {
                        continue;
                    }
                    next.push(path);
                    continue;
                }
                let directory = absolute(self.cwd.as_bstr(), path.as_bstr());
                let Ok(entries) = self.sys.read_dir(directory.as_bstr()).await else { continue };
                for entry in entries {
                    let hidden = entry.name.starts_with(b".") && !component.starts_with(b".");
                    let leads_on =
                        last || matches!(entry.metadata.kind, FileType::Directory | FileType::Symlink);
                    if !hidden && leads_on && matches(component, &entry.name) {
                        let mut longer = path.clone();
                        longer.extend_from_slice(&entry.name);
                        if !last {
                            longer.push(b'/');
                        }
                        next.push(longer);
                    }
                }
            }
            paths = next;
        }
        into.append(&mut paths);
    }
}
