//! POSIX error numbers that the ports answer with, and their texts.

use core::fmt;

macro_rules! errnos {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// An error by its POSIX name (`<errno.h>`, POSIX.1-2024 XSH 2.3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Errno {
            $(#[doc = $text] $name),*
        }

        impl fmt::Display for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Errno::$name => $text),* })
            }
        }
    };
}

errnos! {
    EACCES = "Permission denied",
    EBADF = "Bad file descriptor",
    EBUSY = "Device or resource busy",
    EEXIST = "File exists",
    EFBIG = "File too large",
    EINTR = "Interrupted system call",
    EINVAL = "Invalid argument",
    EIO = "Input/output error",
    EISDIR = "Is a directory",
    ELOOP = "Too many levels of symbolic links",
    EMFILE = "Too many open files",
    ENAMETOOLONG = "File name too long",
    ENODEV = "No such device",
    ENOENT = "No such file or directory",
    ENOMEM = "Cannot allocate memory",
    ENOSPC = "No space left on device",
    ENOSYS = "Function not implemented",
    ENOTDIR = "Not a directory",
    ENOTEMPTY = "Directory not empty",
    ENOTTY = "Inappropriate ioctl for device",
    ENXIO = "No such device or address",
    EOPNOTSUPP = "Operation not supported",
    EPERM = "Operation not permitted",
    EPIPE = "Broken pipe",
    EROFS = "Read-only file system",
    ESPIPE = "Illegal seek",
    ESRCH = "No such process",
    EXDEV = "Invalid cross-device link",
}

impl core::error::Error for Errno {}
