//! The files that the guest sends, each where it belongs. What has come stays, even when the guest ends in the middle.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Recording, options::is_standard};
use crate::{
    channel::Files,
    failure::{Context, Failure, Result},
    stdio::Stdio,
};

/// The guest's names for what it sends; those that end with a slash are folders.
const EVENTS: &str = "trace.json";
const CTF: &str = "ctf/";
const STACKS: &str = "samples";
/// The file that every folder of the Common Trace Format has, and how all others that come are called.
const CTF_FILES: [&str; 2] = ["metadata", "cpu_"];

/// Where what comes goes, and what has come.
#[derive(Clone)]
pub struct Received(Arc<Mutex<State>>);

struct State {
    /// The guest's name for it, and the place here.
    wanted: Vec<(&'static str, PathBuf)>,
    come: Vec<Incoming>,
}

/// A file that has come, or is coming.
struct Incoming {
    name: String,
    path: PathBuf,
    file: Box<dyn Write + Send>,
    bytes: u64,
    complete: bool,
}

impl Received {
    /// Makes what will be written, so that what cannot be is said before anything runs. The stacks of samples are written to
    /// `stacks`, since they still have to get names.
    pub fn prepare(recording: &Recording, stacks: &Path) -> Result<Received> {
        for path in recording.files() {
            create(path)?;
        }
        recording.ctf.as_deref().map_or(Ok(()), empty_folder)?;
        let stacks = recording.wants_samples().then(|| stacks.to_owned());
        let places = [(EVENTS, recording.perfetto.clone()), (CTF, recording.ctf.clone()), (STACKS, stacks)];
        let wanted = places.into_iter().filter_map(|(name, path)| Some((name, path?))).collect();
        Ok(Received(Arc::new(Mutex::new(State { wanted, come: Vec::new() }))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while it wrote has left whole values.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is missing or came in part, a sentence each. Files that nothing came for are removed.
    pub fn missing(&self) -> Vec<String> {
        let state = self.state();
        let mut said = Vec::new();
        for (name, path) in &state.wanted {
            let mut come = state.come.iter().filter(|file| file.name.starts_with(name)).peekable();
            if come.peek().is_none() {
                remove_empty(path);
                said.push(format!("{}: nothing came for it", called(name, path)));
            }
            for file in come.filter(|file| !file.complete) {
                said.push(format!(
                    "{}: {} bytes came, and not the rest",
                    called(name, &file.path),
                    file.bytes
                ));
            }
        }
        said
    }

    /// Whether the stacks of samples have come.
    pub fn has_stacks(&self) -> bool {
        self.state().come.iter().any(|file| file.name == STACKS && file.complete)
    }
}

/// What a person calls it.
fn called(name: &str, path: &Path) -> String {
    if name == STACKS { "the stacks of tasks".into() } else { shown(path) }
}

fn shown(path: &Path) -> String {
    if is_standard(path) { "standard output".into() } else { path.display().to_string() }
}

/// Opens a file that begins anew, or standard output.
pub fn create(path: &Path) -> Result<Box<dyn Write + Send>> {
    open(path).context(|| format!("writing {}", shown(path)))
}

fn open(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    Ok(if is_standard(path) { Box::new(Stdio::new(io::stdout())?) } else { Box::new(File::create(path)?) })
}

/// Writes a whole file, or to standard output.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    create(path)?.write_all(bytes).context(|| format!("writing {}", shown(path)))
}

/// Nothing that anybody needs is lost; what cannot be removed cannot be helped.
fn remove_empty(path: &Path) {
    if !is_standard(path)
        && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
    {
        let _ = fs::remove_file(path);
    }
}

/// Makes a folder for the Common Trace Format, whose readers read all that is in it: of what is there, an earlier recording may go.
fn empty_folder(folder: &Path) -> Result<()> {
    let writing = || format!("writing {}", folder.display());
    fs::create_dir_all(folder).context(writing)?;
    for entry in fs::read_dir(folder).context(writing)? {
        let path = entry.context(writing)?.path();
        let ours = path.file_name().and_then(|name| name.to_str());
        if !ours.is_some_and(|name| CTF_FILES.iter().any(|start| name.starts_with(start))) {
            return Err(Failure::new(format!(
                "writing {}: {} is in that folder, and is no part of a recording; name an empty or a new one",
                folder.display(),
                path.display()
            )));
        }
        fs::remove_file(&path).context(|| format!("removing {}", path.display()))?;
    }
    // Whether files can be made in it.
    File::create(folder.join(CTF_FILES[0])).context(writing)?;
    Ok(())
}

impl Files for Received {
    fn begin(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let place = state.wanted.iter().find_map(|(wanted, path)| match name.strip_prefix(wanted)? {
            "" => Some(path.clone()),
            // Nothing of the guest's goes anywhere but into that folder.
            rest if *wanted == CTF && CTF_FILES.iter().any(|start| rest.starts_with(start)) => {
                (!rest.contains('/')).then(|| path.join(rest))
            }
            _ => None,
        });
        let path =
            place.ok_or_else(|| io::Error::other(format!("the guest sent {name:?}, which is not wanted")))?;
        let file = open(&path).map_err(|error| in_file(&path, &error))?;
        state.come.push(Incoming { name: name.to_owned(), path, file, bytes: 0, complete: false });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let Some(file) = state.come.last_mut().filter(|file| !file.complete) else {
            return Err(io::Error::other("the guest sent a part of no file"));
        };
        file.file.write_all(bytes).map_err(|error| in_file(&file.path, &error))?;
        file.bytes += bytes.len() as u64;
        Ok(())
    }

    fn complete(&mut self) -> io::Result<()> {
        if let Some(file) = self.state().come.last_mut() {
            file.complete = true;
        }
        Ok(())
    }
}

fn in_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("writing {}: {error}", shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(folder: &Path) -> Recording {
        Recording {
            perfetto: Some(folder.join("t.json")),
            ctf: Some(folder.join("ctf")),
            ..Recording::default()
        }
    }

    #[test]
    fn files_go_where_they_belong_and_what_is_missing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut received = Received::prepare(&recording(folder.path()), Path::new("unused")).unwrap();
        received.begin("ctf/metadata").unwrap();
        received.write(b"meta").unwrap();
        received.write(b"data").unwrap();
        received.complete().unwrap();
        received.begin("ctf/cpu_0").unwrap();
        received.write(b"abc").unwrap();
        assert_eq!(fs::read(folder.path().join("ctf/metadata")).unwrap(), b"metadata");
        let missing = received.missing();
        assert!(missing[0].ends_with("t.json: nothing came for it"), "{missing:?}");
        assert!(missing[1].ends_with("ctf/cpu_0: 3 bytes came, and not the rest"), "{missing:?}");
        assert_eq!(missing.len(), 2);
        assert!(!folder.path().join("t.json").exists());
        assert_eq!(fs::read(folder.path().join("ctf/cpu_0")).unwrap(), b"abc", "what came stays");
    }

    #[test]
    fn the_guest_writes_nothing_but_what_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut received = Received::prepare(&recording(folder.path()), Path::new("unused")).unwrap();
        for name in ["ctf/../x", "ctf/cpu_0/../../x", "/etc/x", "samples", "trace.json2", "ctf/", ""] {
            assert!(received.begin(name).is_err(), "{name}");
        }
        assert!(received.write(b"x").is_err());
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ctf = folder.path().join("ctf");
        fs::create_dir(&ctf).unwrap();
        fs::write(ctf.join("cpu_7"), "old").unwrap();
        Received::prepare(&recording(folder.path()), Path::new("unused")).unwrap();
        assert!(!ctf.join("cpu_7").exists(), "an earlier recording goes");
        fs::write(ctf.join("thesis.tex"), "mine").unwrap();
        let error = Received::prepare(&recording(folder.path()), Path::new("unused")).err().unwrap();
        assert!(error.message.contains("thesis.tex is in that folder"), "{error}");
    }
}
