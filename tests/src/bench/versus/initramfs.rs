//! The files that Linux starts with: the `newc` archive of `Documentation/driver-api/early-userspace/buffer-format.rst`.

use std::io::{self, Write};

/// What a file is.
pub enum Kind<'a> {
    Folder,
    /// A program with its content.
    Program(&'a [u8]),
    /// A device for characters: major and minor number.
    Device(u32, u32),
}

/// Writes an archive of these files, each with its path from the root, folders before what is in them.
pub fn write(files: &[(&str, Kind<'_>)], out: &mut impl Write) -> io::Result<()> {
    for (number, (path, kind)) in files.iter().enumerate() {
        let (mode, content, device): (u32, &[u8], _) = match kind {
            Kind::Folder => (0o040_755, &[], (0, 0)),
            Kind::Program(content) => (0o100_755, content, (0, 0)),
            Kind::Device(major, minor) => (0o020_600, &[], (*major, *minor)),
        };
        entry(path, number as u32 + 1, mode, content, device, out)?;
    }
    entry("TRAILER!!!", 0, 0, &[], (0, 0), out)
}

fn entry(
    path: &str,
    inode: u32,
    mode: u32,
    content: &[u8],
    (major, minor): (u32, u32),
    out: &mut impl Write,
) -> io::Result<()> {
    let size = u32::try_from(content.len()).map_err(io::Error::other)?;
    let name_size = path.len() as u32 + 1;
    let (owner, group, links, time, of_major, of_minor, sum) = (0, 0, 1, 0, 0, 0, 0);
    let fields =
        [inode, mode, owner, group, links, time, size, of_major, of_minor, major, minor, name_size, sum];
    let mut head = String::from("070701");
    fields.iter().for_each(|field| head += &format!("{field:08x}"));
    head += path;
    head.push('\0');
    padded(head.as_bytes(), out)?;
    padded(content, out)
}

/// What comes next begins at a multiple of four.
fn padded(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    out.write_all(bytes)?;
    out.write_all(&[0; 3][..bytes.len().next_multiple_of(4) - bytes.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_a_head_a_name_and_the_content_of_each() {
        let mut archive = Vec::new();
        let files =
            [("dev", Kind::Folder), ("dev/null", Kind::Device(1, 3)), ("init", Kind::Program(b"12345"))];
        write(&files, &mut archive).unwrap();
        let text = String::from_utf8(archive).unwrap();
        let zeros = |count| "00000000".repeat(count);
        let folder =
            format!("07070100000001000041ed{}00000001{}00000004{}dev\0\0\0", zeros(2), zeros(6), zeros(1));
        assert_eq!(text.find(&folder), Some(0), "{text:?}");
        let device = format!("000000010000000300000009{}dev/null\0\0", zeros(1));
        assert!(text.contains(&device), "{text:?}");
        let program =
            format!("000081ed{}00000001{}00000005{}00000005{}init\0", zeros(2), zeros(1), zeros(4), zeros(1));
        assert!(text.contains(&program) && text.contains("12345\0\0\x0007070100000000"), "{text:?}");
        assert!(text.ends_with("TRAILER!!!\0\0\0\0"), "{text:?}");
        assert_eq!(text.len() % 4, 0);
    }
}
