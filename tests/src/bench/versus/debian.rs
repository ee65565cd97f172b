//! The Linux that Pollux stands beside: Debian's cloud kernel and its static busybox, out of Debian's packages.
//!
//! They are fetched and unpacked into a folder of the target and stay there; nothing is installed. What somebody puts into
//! that folder by hand is taken as it is: the two files, or the packages.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::failure::{Context, Failure, Result};

/// What depends on the newest kernel package.
const META: &str = "linux-image-cloud-amd64";
const BUSYBOX: &str = "busybox-static";

/// Runs a program with its arguments in a folder, and returns what it prints.
type Run = dyn Fn(&Path, &[&str]) -> Result<Vec<u8>>;

/// Linux's two files.
#[derive(Debug, PartialEq, Eq)]
pub struct Files {
    pub kernel: PathBuf,
    pub busybox: PathBuf,
}

/// A file out of a package: which packages have it, what its name in them begins with, and what it is called here.
struct Wanted {
    package: fn(&str) -> bool,
    inside: &'static str,
    here: &'static str,
}

const WANTED: [Wanted; 2] = [
    Wanted {
        package: |name| name.starts_with("linux-image-") && name.contains("cloud-amd64_"),
        inside: "./boot/vmlinuz-",
        here: "vmlinuz",
    },
    Wanted { package: |name| name.starts_with("busybox-static_"), inside: "./bin/busybox", here: "busybox" },
];

/// The two files, fetched into the folder if they are not there.
pub fn files(folder: &Path) -> Result<Files> {
    files_by(folder, &run)
}

/// The same with another way to run programs.
fn files_by(folder: &Path, run: &Run) -> Result<Files> {
    fs::create_dir_all(folder).context(|| format!("making {}", folder.display()))?;
    let missing = || WANTED.iter().filter(|wanted| !folder.join(wanted.here).exists());
    if missing().any(|wanted| package(folder, wanted).is_none()) {
        eprintln!("fetching {META} and {BUSYBOX} into {}", folder.display());
        fetch(folder, run).map_err(|failure| what_to_do(folder, &failure))?;
    }
    for wanted in missing() {
        let package = package(folder, wanted)
            .ok_or_else(|| what_to_do(folder, &Failure::new("apt-get fetched something else")))?;
        let archive = run(folder, &["dpkg-deb", "--fsys-tarfile", &package])?;
        let bytes = unpacked(&archive, wanted.inside).context(|| format!("unpacking {package}"))?;
        // Under its name only when it is whole: whoever is interrupted unpacks again.
        let (part, whole) = (folder.join("part"), folder.join(wanted.here));
        fs::write(&part, bytes)
            .and_then(|()| fs::rename(&part, &whole))
            .context(|| format!("writing {}", whole.display()))?;
    }
    Ok(Files { kernel: folder.join("vmlinuz"), busybox: folder.join("busybox") })
}

/// The newest package in the folder that has the file.
fn package(folder: &Path, wanted: &Wanted) -> Option<String> {
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".deb") && (wanted.package)(name)).max()
}

fn fetch(folder: &Path, run: &Run) -> Result<()> {
    let depends = run(folder, &["apt-cache", "depends", META])?;
    let depends = String::from_utf8_lossy(&depends).into_owned();
    let image = image(&depends).ok_or_else(|| Failure::new(format!("apt knows no package {META}")))?;
    run(folder, &["apt-get", "download", image, BUSYBOX]).map(drop)
}

/// The package of the kernel itself, in what `apt-cache depends` prints of the meta package.
fn image(depends: &str) -> Option<&str> {
    depends
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|it| it.starts_with("linux-image-"))
}

fn what_to_do(folder: &Path, failure: &Failure) -> Failure {
    let folder = folder.display();
    Failure::new(format!(
        "the Linux to compare with could not be fetched: {}\n\
         With a network, on Debian: type apt-get update and try again. Without one: into {folder} put\n  \
         linux-image-VERSION-cloud-amd64_VERSION_amd64.deb, out of pool/main/l of a mirror of Debian, and\n  \
         busybox-static_VERSION_amd64.deb, out of pool/main/b/busybox;\n\
         or, unpacked, a Linux kernel as {folder}/vmlinuz and a static busybox as {folder}/busybox",
        failure.message.trim_end()
    ))
}

/// The content of the file whose name in the archive begins so.
fn unpacked(archive: &[u8], inside: &str) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.to_str().is_some_and(|path| path.starts_with(inside)) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    Err(std::io::Error::other(format!("there is no {inside} in it")))
}

fn run(folder: &Path, line: &[&str]) -> Result<Vec<u8>> {
    let (program, arguments) = line.split_first().ok_or_else(|| Failure::new("no program"))?;
    let output = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.context(|| (*program).to_owned())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!(
            "{} ended with {}: {}",
            line.join(" "),
            output.status,
            said.trim()
        )));
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package with one file: what `dpkg-deb --fsys-tarfile` makes of it.
    fn archive(name: &str, content: &str) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // `Header::set_path` would take the dot away that is in Debian's names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
        tar.into_inner().unwrap()
    }

    const KERNEL: &str = "linux-image-6.1.0-9-cloud-amd64";

    /// Debian, as its tools show it.
    fn debian(folder: &Path, line: &[&str]) -> Result<Vec<u8>> {
        match line {
            ["apt-cache", "depends", META] => Ok(format!("{META}\n  Depends: {KERNEL}\n").into_bytes()),
            ["apt-get", "download", KERNEL, BUSYBOX] => {
                for name in [format!("{KERNEL}_6.1_amd64.deb"), "busybox-static_1%3a1_amd64.deb".into()] {
                    fs::write(folder.join(name), "").unwrap();
                }
                Ok(Vec::new())
            }
            ["dpkg-deb", "--fsys-tarfile", name] if name.starts_with("linux") => {
                Ok(archive("./boot/vmlinuz-6.1.0-9-cloud-amd64", "kernel"))
            }
            ["dpkg-deb", "--fsys-tarfile", _] => Ok(archive("./bin/busybox", "box")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_files_come_out_of_the_packages_and_are_fetched_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = files_by(folder.path(), &debian).unwrap();
        assert_eq!(fs::read_to_string(&files.kernel).unwrap(), "kernel");
        assert_eq!(fs::read_to_string(&files.busybox).unwrap(), "box");
        let again = files_by(folder.path(), &|_, line| panic!("{line:?} is not needed")).unwrap();
        assert_eq!(again, files);
    }

    #[test]
    fn packages_that_lie_there_need_no_network() {
        let folder = tempfile::tempdir().unwrap();
        debian(folder.path(), &["apt-get", "download", KERNEL, BUSYBOX]).unwrap();
        let without = |folder: &Path, line: &[&str]| match line[0] {
            "dpkg-deb" => debian(folder, line),
            _ => panic!("{line:?} is not needed"),
        };
        assert!(files_by(folder.path(), &without).is_ok());
    }

    #[test]
    fn without_a_network_it_is_said_what_to_put_where() {
        let folder = tempfile::tempdir().unwrap();
        let no_network = |folder: &Path, line: &[&str]| match line[0] {
            "apt-get" => Err(Failure::new("Temporary failure resolving 'deb.debian.org'")),
            _ => debian(folder, line),
        };
        let no_lists = |_: &Path, _: &[&str]| Ok(Vec::new());
        let no_apt = |_: &Path, _: &[&str]| Err(Failure::new("apt-cache: No such file or directory"));
        let cases: [(&str, &Run); 3] = [
            ("Temporary failure resolving", &no_network),
            ("apt knows no package linux-image-cloud-amd64", &no_lists),
            ("apt-cache: No such file", &no_apt),
        ];
        for (reason, run) in cases {
            let message = files_by(folder.path(), run).unwrap_err().message;
            let place = format!("{}/vmlinuz", folder.path().display());
            for part in [reason, "apt-get update", "busybox-static_VERSION_amd64.deb", &place] {
                assert!(message.contains(part), "{part} is not in {message}");
            }
        }
    }
}
