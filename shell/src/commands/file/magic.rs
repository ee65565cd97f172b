//! Data that is known by the bytes that it begins with.

use alloc::{format, string::String};
use bstr::ByteSlice;

use super::Kind;

/// Offset, bytes, what they say, and the MIME type. The first that fits counts.
const MAGICS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"\x1f\x8b", "gzip compressed data", "application/gzip"),
    (0, b"BZh", "bzip2 compressed data", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "XZ compressed data", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard compressed data", "application/zstd"),
    (0, b"\x04\x22\x4d\x18", "LZ4 compressed data", "application/x-lz4"),
    (0, b"LZIP", "lzip compressed data", "application/x-lzip"),
    (0, b"\x1f\x9d", "compress'd data", "application/x-compress"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-zip archive data", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "RAR archive data", "application/x-rar"),
    (0, b"PK\x03\x04", "Zip archive data", "application/zip"),
    (0, b"PK\x05\x06", "Zip archive data (empty)", "application/zip"),
    (257, b"ustar\0", "POSIX tar archive", "application/x-tar"),
    (257, b"ustar  \0", "POSIX tar archive (GNU)", "application/x-tar"),
    (0, b"070701", "ASCII cpio archive (SVR4 with no CRC)", "application/x-cpio"),
    (0, b"070702", "ASCII cpio archive (SVR4 with CRC)", "application/x-cpio"),
    (0, b"070707", "ASCII cpio archive (pre-SVR4 or odc)", "application/x-cpio"),
    (0, b"!<arch>\ndebian", "Debian binary package", "application/vnd.debian.binary-package"),
    (0, b"!<arch>\n", "current ar archive", "application/x-archive"),
    (0, b"\xed\xab\xee\xdb", "RPM", "application/x-rpm"),
    (0, b"%!PS", "PostScript document text", "application/postscript"),
    (0, b"\xff\xd8\xff", "JPEG image data", "image/jpeg"),
    (0, b"II*\0", "TIFF image data, little-endian", "image/tiff"),
    (0, b"MM\0*", "TIFF image data, big-endian", "image/tiff"),
    (8, b"WEBP", "RIFF (little-endian) data, Web/P image", "image/webp"),
    (8, b"WAVE", "RIFF (little-endian) data, WAVE audio", "audio/x-wav"),
    (8, b"AVI ", "RIFF (little-endian) data, AVI", "video/x-msvideo"),
    (0, b"\0\0\x01\0", "MS Windows icon resource", "image/vnd.microsoft.icon"),
    (0, b"SQLite format 3\0", "SQLite 3.x database", "application/vnd.sqlite3"),
    (0, b"OggS", "Ogg data", "application/ogg"),
    (0, b"fLaC", "FLAC audio bitstream data", "audio/flac"),
    (0, b"ID3", "Audio file with ID3", "audio/mpeg"),
    (0, b"MThd", "Standard MIDI data", "audio/midi"),
    (4, b"ftyp", "ISO Media", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska data", "video/x-matroska"),
    (0, b"\0asm", "WebAssembly (wasm) binary module", "application/wasm"),
    (514, b"HdrS", "Linux kernel x86 boot executable", "application/octet-stream"),
    (0, b"MZ", "MS-DOS executable", "application/x-dosexec"),
    (0, b"\xcf\xfa\xed\xfe", "Mach-O 64-bit executable", "application/x-mach-binary"),
    (0, b"\x1bLua", "Lua bytecode", "application/octet-stream"),
    (0, b"PACK\0\0\0", "Git pack", "application/x-git"),
    (0, b"DIRC", "Git index", "application/x-git"),
    (1080, b"\x53\xef", "Linux ext2 filesystem data", "application/octet-stream"),
    (0, b"hsqs", "Squashfs filesystem, little endian", "application/octet-stream"),
    (32769, b"CD001", "ISO 9660 CD-ROM filesystem data", "application/x-iso9660-image"),
    (4086, b"SWAPSPACE2", "Linux swap file", "application/octet-stream"),
    (0, b"QFI\xfb", "QEMU QCOW Image", "application/x-qemu-disk"),
    (0, b"LUKS\xba\xbe", "LUKS encrypted file", "application/octet-stream"),
    (0, b"\0\x01\0\0\0", "TrueType Font data", "font/sfnt"),
    (0, b"OTTO", "OpenType font data", "application/vnd.ms-opentype"),
    (0, b"wOFF", "Web Open Font Format", "font/woff"),
    (0, b"wOF2", "Web Open Font Format (Version 2)", "font/woff2"),
    (0, b"\xde\x12\x04\x95", "GNU message catalog (little endian)", "application/x-gettext-translation"),
    (0, b"\x1a\x01", "Compiled terminfo entry", "application/x-terminfo"),
    (0, b"\xd4\xc3\xb2\xa1", "pcap capture file, microsecond ts (little-endian)", "application/vnd.tcpdump.pcap"),
    (510, b"\x55\xaa", "DOS/MBR boot sector", "application/octet-stream"),
];

/// What the bytes say of themselves, if they do.
pub(super) fn of(bytes: &[u8]) -> Option<Kind> {
    let (what, mime) = detailed(bytes).or_else(|| {
        let fits = |(at, magic, ..): &&(usize, &[u8], &str, &str)| {
            bytes.get(*at..).is_some_and(|there| there.starts_with(magic))
        };
        MAGICS.iter().find(fits).map(|(_, _, what, mime)| (String::from(*what), *mime))
    })?;
    Some(Kind::new(what, format!("{mime}; charset=binary")))
}

/// Formats that tell more of themselves.
fn detailed(bytes: &[u8]) -> Option<(String, &'static str)> {
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    if bytes.starts_with(b"\x7fELF") {
        return elf(bytes);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let (width, height, depth) = (number(16)?, number(20)?, bytes.get(24)?);
        let colour = match bytes.get(25)? {
            0 => " grayscale",
            2 => "/color RGB",
            3 => " colormap",
            4 => " gray+alpha",
            6 => "/color RGBA",
            _ => "",
        };
        let interlaced = if bytes.get(28) == Some(&0) { "non-interlaced" } else { "interlaced" };
        let text = format!("PNG image data, {width} x {height}, {depth}-bit{colour}, {interlaced}");
        return Some((text, "image/png"));
    }
    if bytes.starts_with(b"GIF8") {
        let version = bytes.get(3..6)?.as_bstr();
        return Some((format!("GIF image data, version {version}, {} x {}", short(6)?, short(8)?), "image/gif"));
    }
    if bytes.starts_with(b"BM") && bytes.len() > 26 && bytes[6..10] == [0; 4] {
        let (width, height) = (short(18)?, short(22)?);
        return Some((format!("PC bitmap, {width} x {height}"), "image/bmp"));
    }
    if let Some(rest) = bytes.strip_prefix(b"%PDF-") {
        let version: String = rest.iter().take(3).map(|byte| char::from(*byte)).collect();
        return Some((format!("PDF document, version {version}"), "application/pdf"));
    }
    if bytes.starts_with(b"\xca\xfe\xba\xbe") && number(4)? > 30 {
        let (major, minor) = (number(4)? & 0xffff, number(4)? >> 16);
        return Some((format!("compiled Java class data, version {major}.{minor}"), "application/x-java-applet"));
    }
    None
}

/// Executables and libraries (System V ABI, chapter 4).
fn elf(bytes: &[u8]) -> Option<(String, &'static str)> {
    let class = match bytes.get(4)? {
        1 => "32-bit",
        2 => "64-bit",
        _ => "unknown class",
    };
    let little = bytes.get(5)? == &1;
    let half = |at: usize| {
        let pair: [u8; 2] = *bytes.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let (kind, mime) = match half(16)? {
        1 => ("relocatable", "application/x-object"),
        2 => ("executable", "application/x-executable"),
        3 => ("shared object", "application/x-sharedlib"),
        4 => ("core file", "application/x-coredump"),
        _ => ("unknown type", "application/octet-stream"),
    };
    let machine = match half(18)? {
        2 => "SPARC",
        3 => "Intel 80386",
        8 => "MIPS",
        20 => "PowerPC or cisco 4500",
        21 => "64-bit PowerPC or cisco 7500",
        22 => "IBM S/390",
        40 => "ARM",
        62 => "x86-64",
        183 => "ARM aarch64",
        243 => "UCB RISC-V",
        _ => "unknown machine",
    };
    let order = if little { "LSB" } else { "MSB" };
    Some((format!("ELF {class} {order} {kind}, {machine}, version 1 (SYSV)"), mime))
}
