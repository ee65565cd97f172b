//! What several commands share.

pub(super) mod blocks;
pub(super) mod child;
pub(super) mod civil;
pub(super) mod digest;
pub(super) mod escape;
pub(super) mod files;
pub(super) mod mode;
pub(super) mod numbers;
pub(super) mod paths;
pub(crate) mod posix_regex;
pub(super) mod proc;
pub(super) mod sorted;
pub(super) mod tree;
