//! Random calls against a model that is nothing but a map from path to what is there: every result and every
//! error has to be the same, and so has the tree in the end.

use super::*;
use Errno::*;
use alloc::collections::BTreeMap;
use pollux_shell::env::FileType;
use proptest::prelude::*;

type Full = Vec<&'static str>;

/// A path to try: components, and whether a slash follows.
#[derive(Clone, Debug)]
struct Tried {
    parts: Vec<&'static str>,
    slash: bool,
}

impl Tried {
    fn text(&self) -> String {
        std::format!("/{}{}", self.parts.join("/"), if self.slash { "/" } else { "" })
    }
}

#[derive(Clone, Debug)]
enum Call {
    Write { path: Tried, flags: u32, data: Vec<u8> },
    Cut(Tried, u64),
    Read(Tried),
    List(Tried),
    Mkdir(Tried),
    Symlink(&'static str, Tried),
    Link(Tried, Tried),
    Unlink(Tried),
    Rmdir(Tried),
    Rename(Tried, Tried),
    Stat(Tried),
    Lstat(Tried),
}

/// What a call answers.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Data(Vec<u8>),
    Names(Vec<BString>),
    Kind(FileType, u32),
}

/// What is at a path; files and links by number, as one may be at several paths.
#[derive(Clone, Debug, PartialEq)]
enum Thing {
    Dir,
    File(usize),
    Link(usize, &'static str),
}

struct Model {
    things: BTreeMap<Full, Thing>,
    files: Vec<Vec<u8>>,
    links: usize,
}

/// What to do with a link at the end of a path.
#[derive(Clone, Copy, PartialEq)]
enum Links {
    Follow,
    FollowIfSlash,
    Keep,
}

/// Where a path leads: what is there, and whether that is by a name (not the root, `.` or `..`).
struct Found {
    full: Full,
    thing: Option<Thing>,
    by_name: bool,
    slash: bool,
}

impl Found {
    fn there(&self) -> Result<&Thing> {
        match self.thing.as_ref().ok_or(ENOENT)? {
            Thing::Dir => Ok(&Thing::Dir),
            _ if self.slash => Err(ENOTDIR),
            thing => Ok(thing),
        }
    }
}

impl Model {
    fn is_dir(&self, path: &Full) -> bool {
        self.things.get(path) == Some(&Thing::Dir)
    }

    fn children(&self, dir: &Full) -> Vec<&'static str> {
        let inside = self.things.keys().filter(|path| path.len() == dir.len() + 1 && path.starts_with(dir));
        inside.map(|path| path[dir.len()]).collect()
    }

    fn names_of(&self, file: usize) -> usize {
        self.things.values().filter(|thing| **thing == Thing::File(file)).count()
    }

    fn find(&self, path: &Tried, links: Links) -> Result<Found> {
        let (mut at, mut rest, mut count) = (Full::new(), path.parts.clone(), 0);
        rest.reverse();
        let slash = path.slash;
        while let Some(part) = rest.pop() {
            if !self.is_dir(&at) {
                return Err(ENOTDIR);
            }
            match part {
                "." => continue,
                ".." => {
                    at.pop();
                    continue;
                }
                name => at.push(name),
            }
            let last = rest.is_empty();
            let follows = !last || links == Links::Follow || links == Links::FollowIfSlash && slash;
            match self.things.get(&at) {
                None if last => return Ok(Found { full: at, thing: None, by_name: true, slash }),
                None => return Err(ENOENT),
                Some(Thing::Link(_, target)) if follows => {
                    count += 1;
                    if count > 40 {
                        return Err(ELOOP);
                    }
                    at.pop();
                    if target.starts_with('/') {
                        at.clear();
                    }
                    rest.extend(target.split('/').filter(|part| !part.is_empty()).rev());
                }
                thing if last => {
                    return Ok(Found { thing: thing.cloned(), full: at, by_name: true, slash });
                }
                Some(_) => {}
            }
        }
        if !self.is_dir(&at) {
            return Err(ENOTDIR);
        }
        Ok(Found { thing: Some(Thing::Dir), full: at, by_name: false, slash })
    }

    fn write(&mut self, path: &Tried, flags: OpenFlags, data: &[u8]) -> Result<Answer> {
        let exclusive = flags.contains(CREATE | EXCL);
        let found = self.find(path, if exclusive { Links::Keep } else { Links::Follow })?;
        let file = match &found.thing {
            None if !flags.contains(CREATE) => return Err(ENOENT),
            None if found.slash => return Err(EISDIR),
            None => {
                self.files.push(Vec::new());
                self.things.insert(found.full, Thing::File(self.files.len() - 1));
                self.files.len() - 1
            }
            Some(_) if exclusive => return Err(EEXIST),
            Some(Thing::Dir) => return Err(EISDIR),
            Some(Thing::File(_) | Thing::Link(..)) if found.slash => return Err(ENOTDIR),
            Some(Thing::File(file)) => *file,
            Some(Thing::Link(..)) => return Err(ELOOP),
        };
        let old = &mut self.files[file];
        if flags.contains(TRUNC) {
            old.clear();
        }
        let at = if flags.contains(APPEND) { old.len() } else { 0 };
        old.resize(old.len().max(at + data.len()), 0);
        old[at..at + data.len()].copy_from_slice(data);
        Ok(Answer::Done)
    }

    fn rename(&mut self, from: &Tried, to: &Tried) -> Result<Answer> {
        let (from, to) = (self.find(from, Links::Keep)?, self.find(to, Links::Keep)?);
        if !from.by_name || !to.by_name {
            return Err(EBUSY);
        }
        let moved = from.thing.clone().ok_or(ENOENT)?;
        let moved_dir = moved == Thing::Dir;
        let (source, target) = (from.full, to.full);
        if (from.slash || to.slash) && !moved_dir {
            return Err(ENOTDIR);
        }
        if moved_dir && target.len() > source.len() && target.starts_with(&source) {
            return Err(EINVAL);
        }
        if source == target {
            return Ok(Answer::Done);
        }
        match &to.thing {
            None => {}
            Some(Thing::File(_) | Thing::Link(..)) if Some(&moved) == to.thing.as_ref() => {
                return Ok(Answer::Done);
            }
            Some(Thing::Dir) if !moved_dir => return Err(EISDIR),
            Some(Thing::File(_) | Thing::Link(..)) if moved_dir => return Err(ENOTDIR),
            Some(Thing::Dir) if !self.children(&target).is_empty() => return Err(ENOTEMPTY),
            Some(_) => {}
        }
        let moved: Vec<Full> = self.things.keys().filter(|path| path.starts_with(&source)).cloned().collect();
        for path in moved {
            let thing = self.things.remove(&path).unwrap();
            self.things.insert([&target, &path[source.len()..]].concat(), thing);
        }
        Ok(Answer::Done)
    }

    /// The answer of `stat`, but for how many names a link has.
    fn told(&self, found: &Found) -> Result<Answer> {
        Ok(match found.there()? {
            Thing::Dir => {
                let below = |name: &&&'static str| self.is_dir(&[found.full.as_slice(), &[**name]].concat());
                Answer::Kind(
                    FileType::Directory,
                    2 + self.children(&found.full).iter().filter(below).count() as u32,
                )
            }
            Thing::File(file) => Answer::Kind(FileType::Regular, self.names_of(*file) as u32),
            Thing::Link(..) => Answer::Kind(FileType::Symlink, 0),
        })
    }

    fn call(&mut self, call: &Call) -> Result<Answer> {
        match call {
            Call::Write { path, flags, data } => self.write(path, OpenFlags::from_bits_retain(*flags), data),
            Call::Cut(path, len) => match self.find(path, Links::Follow)? {
                Found { thing: Some(Thing::Dir), .. } => Err(EISDIR),
                found => {
                    let Thing::File(file) = *found.there()? else { return Err(ELOOP) };
                    self.files[file].resize(*len as usize, 0);
                    Ok(Answer::Done)
                }
            },
            Call::Read(path) => match self.find(path, Links::Follow)?.there()? {
                Thing::Dir => Err(EISDIR),
                Thing::File(file) => Ok(Answer::Data(self.files[*file].clone())),
                Thing::Link(..) => Err(ELOOP),
            },
            Call::List(path) => {
                let found = self.find(path, Links::Follow)?;
                match found.there()? {
                    Thing::Dir => {
                        let names = self.children(&found.full);
                        Ok(Answer::Names(names.into_iter().map(BString::from).collect()))
                    }
                    _ => Err(ENOTDIR),
                }
            }
            Call::Mkdir(path) => self.make(path, |_| Ok(Thing::Dir)),
            Call::Symlink(target, path) => {
                self.links += 1;
                let link = Thing::Link(self.links, target);
                self.make(path, |found| if found.slash { Err(ENOENT) } else { Ok(link) })
            }
            Call::Link(from, to) => {
                let source = self.find(from, Links::FollowIfSlash)?;
                let to_found = self.find(to, Links::Keep)?;
                let source = source.there()?.clone();
                if to_found.thing.is_some() {
                    return Err(EEXIST);
                }
                self.make(to, |found| match source {
                    Thing::Dir => Err(EPERM),
                    _ if found.slash => Err(ENOENT),
                    thing => Ok(thing),
                })
            }
            Call::Unlink(path) => {
                let found = self.find(path, Links::Keep)?;
                match found.thing.as_ref().ok_or(ENOENT)? {
                    Thing::Dir => return Err(EISDIR),
                    _ if found.slash => return Err(ENOTDIR),
                    _ => self.things.remove(&found.full),
                };
                Ok(Answer::Done)
            }
            Call::Rmdir(path) => {
                let found = self.find(path, Links::Keep)?;
                match found.thing.as_ref().ok_or(ENOENT)? {
                    _ if !found.by_name => return Err(EBUSY),
                    Thing::File(_) | Thing::Link(..) => return Err(ENOTDIR),
                    Thing::Dir if !self.children(&found.full).is_empty() => return Err(ENOTEMPTY),
                    Thing::Dir => self.things.remove(&found.full),
                };
                Ok(Answer::Done)
            }
            Call::Rename(from, to) => self.rename(from, to),
            Call::Stat(path) => self.told(&self.find(path, Links::Follow)?),
            Call::Lstat(path) => self.told(&self.find(path, Links::FollowIfSlash)?),
        }
    }

    fn make(&mut self, path: &Tried, thing: impl FnOnce(&Found) -> Result<Thing>) -> Result<Answer> {
        let found = self.find(path, Links::Keep)?;
        if found.thing.is_some() {
            return Err(EEXIST);
        }
        let thing = thing(&found)?;
        self.things.insert(found.full, thing);
        Ok(Answer::Done)
    }
}

fn call(vfs: &Vfs, call: &Call) -> Result<Answer> {
    let done = |()| Answer::Done;
    let told = |it: Metadata| Answer::Kind(it.kind, if it.kind == FileType::Symlink { 0 } else { it.links });
    match call {
        Call::Write { path, flags, data } => {
            let file = vfs.open_at(&path.text(), OpenFlags::from_bits_retain(*flags))?;
            write_all(&*file, data).map(done)
        }
        Call::Cut(path, len) => vfs.open_at(&path.text(), WRITE)?.set_len(*len).map(done),
        Call::Read(path) => vfs.get(&path.text()).map(Answer::Data),
        Call::List(path) => vfs.names(&path.text()).map(Answer::Names),
        Call::Mkdir(path) => vfs.mkdir_at(&path.text()).map(done),
        Call::Symlink(target, path) => vfs.symlink_at(target, &path.text()).map(done),
        Call::Link(from, to) => vfs.link_at(&from.text(), &to.text()).map(done),
        Call::Unlink(path) => vfs.unlink_at(&path.text()).map(done),
        Call::Rmdir(path) => vfs.rmdir_at(&path.text()).map(done),
        Call::Rename(from, to) => vfs.rename_at(&from.text(), &to.text()).map(done),
        Call::Stat(path) => vfs.stat_at(&path.text()).map(told),
        Call::Lstat(path) => vfs.lstat_at(&path.text()).map(told),
    }
}

fn tried() -> impl Strategy<Value = Tried> {
    let dirs = proptest::collection::vec(
        prop_oneof![8 => Just("a"), 8 => Just("b"), 1 => Just("."), 2 => Just("..")],
        0..3,
    );
    let last = prop_oneof![9 => prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(Some), 1 => Just(None)];
    (dirs, last, prop::bool::weighted(0.1)).prop_map(|(mut parts, last, slash)| {
        match last {
            Some(last) => parts.push(last),
            None => parts.clear(), // the root
        }
        Tried { parts, slash }
    })
}

fn targets() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["a", "b", "c", "a/b", "../a", "..", ".", "/", "/a", "/b/c", "../../b/./a"])
}

fn calls() -> impl Strategy<Value = Call> {
    let extra = prop_oneof![
        Just(OpenFlags::empty()),
        Just(CREATE),
        Just(CREATE | TRUNC),
        Just(CREATE | APPEND),
        Just(CREATE | EXCL)
    ];
    let data =
        (any::<u8>(), prop_oneof![0usize..20, 4000usize..9000]).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![
        4 => (tried(), extra, data).prop_map(|(path, extra, data)| {
            Call::Write { path, flags: (WRITE | extra).bits(), data }
        }),
        1 => (tried(), 0u64..9000).prop_map(|(path, len)| Call::Cut(path, len)),
        3 => (targets(), tried()).prop_map(|(target, path)| Call::Symlink(target, path)),
        3 => (tried(), tried()).prop_map(|(from, to)| Call::Link(from, to)),
        2 => tried().prop_map(Call::Stat),
        2 => tried().prop_map(Call::Lstat),
        2 => tried().prop_map(Call::Read),
        2 => tried().prop_map(Call::List),
        4 => tried().prop_map(Call::Mkdir),
        1 => tried().prop_map(Call::Unlink),
        1 => tried().prop_map(Call::Rmdir),
        4 => (tried(), tried()).prop_map(|(from, to)| Call::Rename(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_tree_does_what_the_model_does(calls in proptest::collection::vec(calls(), 1..80)) {
        let vfs = tree_of(1 << 30);
        let things = BTreeMap::from([(Full::new(), Thing::Dir)]);
        let mut model = Model { things, files: Vec::new(), links: 0 };
        for step in &calls {
            prop_assert_eq!(call(&vfs, step), model.call(step), "{:?}", step);
        }
        for (path, thing) in &model.things {
            let text = std::format!("/{}", path.join("/"));
            let stat = vfs.lstat_at(&text).unwrap();
            match thing {
                Thing::Dir => prop_assert_eq!(vfs.names(&text).unwrap(), model.children(path)),
                Thing::File(file) => {
                    let links = model.names_of(*file) as u32;
                    prop_assert_eq!((stat.size, stat.links), (model.files[*file].len() as u64, links));
                    prop_assert_eq!(&vfs.get(&text).unwrap(), &model.files[*file]);
                }
                Thing::Link(_, target) => {
                    prop_assert_eq!(now(vfs.read_link(text.as_str().into())).unwrap(), *target);
                }
            }
        }
    }
}
