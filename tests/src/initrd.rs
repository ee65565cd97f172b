//! Packs a folder into the archive that the guest unpacks under /host.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::failure::{Context, Failure, Result};

/// Whether there is such a folder.
pub fn check(folder: &Path) -> Result<()> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Failure::new(format!("--files {}: not a folder", folder.display()))),
        Err(error) => Err(Failure::new(format!("--files {}: {error}", folder.display()))),
    }
}

/// Writes the folder's content as a tar archive and returns the archive's size in bytes. Symbolic
/// links are followed: the guest gets what they lead to.
pub fn pack(folder: &Path, archive: &Path) -> Result<u64> {
    check(folder)?;
    let packed = write(folder, archive);
    packed.context(|| format!("--files {}: packing it", folder.display()))
}

fn write(folder: &Path, archive: &Path) -> io::Result<u64> {
    let mut tar = tar::Builder::new(BufWriter::new(File::create(archive)?));
    tar.append_dir_all("", folder)?;
    tar.into_inner()?.flush()?;
    Ok(fs::metadata(archive)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_packed_with_all_that_is_in_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("in");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(folder.join("sub/file"), b"\0binary\xff").unwrap();
        let archive = scratch.path().join("out.tar");
        let size = pack(&folder, &archive).unwrap();
        assert_eq!(size, fs::metadata(&archive).unwrap().len());
        let mut tar = tar::Archive::new(File::open(&archive).unwrap());
        let names: Vec<_> =
            tar.entries().unwrap().map(|e| e.unwrap().path().unwrap().display().to_string()).collect();
        assert!(names.contains(&"sub/file".to_owned()), "{names:?}");
    }

    #[test]
    fn a_folder_that_is_none_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let missing = scratch.path().join("missing");
        let error = pack(&missing, &scratch.path().join("tar")).unwrap_err();
        assert_eq!(
            error.message,
            format!("--files {}: No such file or directory (os error 2)", missing.display())
        );
        let file = scratch.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(pack(&file, &scratch.path().join("tar")).unwrap_err().message.ends_with("not a folder"));
    }
}
