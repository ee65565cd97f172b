//! Random calls against a model that is nothing but a map from path to content: every result and every
//! error has to be the same, and so has the tree in the end.

use super::*;
use Errno::*;
use alloc::collections::BTreeMap;
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
    Read(Tried),
    List(Tried),
    Mkdir(Tried),
    Unlink(Tried),
    Rmdir(Tried),
    Rename(Tried, Tried),
}

/// What a call answers.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Data(Vec<u8>),
    Names(Vec<BString>),
}

#[derive(Clone, Debug, PartialEq)]
enum Thing {
    Dir,
    File(Vec<u8>),
}

struct Model(BTreeMap<Full, Thing>);

impl Model {
    fn is_dir(&self, path: &Full) -> bool {
        self.0.get(path) == Some(&Thing::Dir)
    }

    fn children(&self, dir: &Full) -> Vec<&'static str> {
        let inside = self.0.keys().filter(|path| path.len() == dir.len() + 1 && path.starts_with(dir));
        inside.map(|path| path[dir.len()]).collect()
    }

    /// The full path of the directory and of the name in it; nothing for the root.
    fn walk(&self, path: &Tried) -> Result<Option<Full>> {
        let Some((last, dirs)) = path.parts.split_last() else { return Ok(None) };
        let mut at = Full::new();
        for part in dirs {
            match *part {
                "." => {}
                ".." => {
                    at.pop();
                }
                name => {
                    at.push(name);
                    match self.0.get(&at) {
                        None => return Err(ENOENT),
                        Some(Thing::File(_)) => return Err(ENOTDIR),
                        Some(Thing::Dir) => {}
                    }
                }
            }
        }
        at.push(last);
        Ok(Some(at))
    }

    fn find(&self, path: &Tried) -> Result<(Full, Thing)> {
        let full = self.walk(path)?.unwrap_or_default();
        match self.0.get(&full).ok_or(ENOENT)? {
            Thing::File(_) if path.slash => Err(ENOTDIR),
            thing => Ok((full, thing.clone())),
        }
    }

    fn write(&mut self, path: &Tried, flags: OpenFlags, data: &[u8]) -> Result<Answer> {
        let full = self.walk(path)?.unwrap_or_default();
        let mut old = match self.0.get(&full) {
            None if !flags.contains(CREATE) => return Err(ENOENT),
            None if path.slash => return Err(EISDIR),
            None => Vec::new(),
            Some(_) if flags.contains(CREATE | EXCL) => return Err(EEXIST),
            Some(Thing::Dir) => return Err(EISDIR),
            Some(Thing::File(_)) if path.slash => return Err(ENOTDIR),
            Some(Thing::File(old)) => old.clone(),
        };
        if flags.contains(TRUNC) {
            old.clear();
        }
        let at = if flags.contains(APPEND) { old.len() } else { 0 };
        old.resize(old.len().max(at + data.len()), 0);
        old[at..at + data.len()].copy_from_slice(data);
        self.0.insert(full, Thing::File(old));
        Ok(Answer::Done)
    }

    fn rename(&mut self, from: &Tried, to: &Tried) -> Result<Answer> {
        let (source, target) = (self.walk(from)?, self.walk(to)?);
        let (Some(source), Some(target)) = (source, target) else { return Err(EBUSY) };
        let moved_dir = match self.0.get(&source).ok_or(ENOENT)? {
            Thing::Dir => true,
            Thing::File(_) => false,
        };
        if (from.slash || to.slash) && !moved_dir {
            return Err(ENOTDIR);
        }
        if moved_dir && target.len() > source.len() && target.starts_with(&source) {
            return Err(EINVAL);
        }
        if source == target {
            return Ok(Answer::Done);
        }
        match self.0.get(&target) {
            None => {}
            Some(Thing::Dir) if !moved_dir => return Err(EISDIR),
            Some(Thing::File(_)) if moved_dir => return Err(ENOTDIR),
            Some(Thing::Dir) if !self.children(&target).is_empty() => return Err(ENOTEMPTY),
            Some(_) => {}
        }
        let moved: Vec<Full> = self.0.keys().filter(|path| path.starts_with(&source)).cloned().collect();
        for path in moved {
            let thing = self.0.remove(&path).unwrap();
            self.0.insert([&target, &path[source.len()..]].concat(), thing);
        }
        Ok(Answer::Done)
    }

    fn call(&mut self, call: &Call) -> Result<Answer> {
        match call {
            Call::Write { path, flags, data } => self.write(path, OpenFlags::from_bits_retain(*flags), data),
            Call::Read(path) => match self.find(path)?.1 {
                Thing::Dir => Err(EISDIR),
                Thing::File(data) => Ok(Answer::Data(data)),
            },
            Call::List(path) => match self.find(path)? {
                (full, Thing::Dir) => {
                    Ok(Answer::Names(self.children(&full).into_iter().map(BString::from).collect()))
                }
                _ => Err(ENOTDIR),
            },
            Call::Mkdir(path) => {
                let full = self.walk(path)?.unwrap_or_default();
                if self.0.contains_key(&full) {
                    return Err(EEXIST);
                }
                self.0.insert(full, Thing::Dir);
                Ok(Answer::Done)
            }
            Call::Unlink(path) => {
                let full = self.walk(path)?.unwrap_or_default();
                match self.0.get(&full).ok_or(ENOENT)? {
                    Thing::Dir => return Err(EISDIR),
                    Thing::File(_) if path.slash => return Err(ENOTDIR),
                    Thing::File(_) => self.0.remove(&full),
                };
                Ok(Answer::Done)
            }
            Call::Rmdir(path) => {
                let full = self.walk(path)?.ok_or(EBUSY)?;
                match self.0.get(&full).ok_or(ENOENT)? {
                    Thing::File(_) => return Err(ENOTDIR),
                    Thing::Dir if !self.children(&full).is_empty() => return Err(ENOTEMPTY),
                    Thing::Dir => self.0.remove(&full),
                };
                Ok(Answer::Done)
            }
            Call::Rename(from, to) => self.rename(from, to),
        }
    }
}

fn call(vfs: &Vfs, call: &Call) -> Result<Answer> {
    let done = |()| Answer::Done;
    match call {
        Call::Write { path, flags, data } => {
            let file = vfs.open_at(&path.text(), OpenFlags::from_bits_retain(*flags))?;
            write_all(&*file, data).map(done)
        }
        Call::Read(path) => vfs.get(&path.text()).map(Answer::Data),
        Call::List(path) => vfs.names(&path.text()).map(Answer::Names),
        Call::Mkdir(path) => vfs.mkdir_at(&path.text()).map(done),
        Call::Unlink(path) => vfs.unlink_at(&path.text()).map(done),
        Call::Rmdir(path) => vfs.rmdir_at(&path.text()).map(done),
        Call::Rename(from, to) => vfs.rename_at(&from.text(), &to.text()).map(done),
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
        let mut model = Model(BTreeMap::from([(Full::new(), Thing::Dir)]));
        for step in &calls {
            prop_assert_eq!(call(&vfs, step), model.call(step), "{:?}", step);
        }
        for (path, thing) in &model.0 {
            let text = std::format!("/{}", path.join("/"));
            let stat = now(vfs.stat(text.as_str().into())).unwrap();
            match thing {
                Thing::Dir => {
                    let children = model.children(path);
                    prop_assert_eq!(vfs.names(&text).unwrap(), children.clone());
                    let below = |name: &&&'static str| model.is_dir(&[path.as_slice(), &[**name]].concat());
                    prop_assert_eq!(stat.links as usize, 2 + children.iter().filter(below).count());
                }
                Thing::File(data) => {
                    prop_assert_eq!((stat.size, stat.links), (data.len() as u64, 1));
                    prop_assert_eq!(&vfs.get(&text).unwrap(), data);
                }
            }
        }
    }
}
