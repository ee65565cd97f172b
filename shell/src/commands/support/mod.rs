//! What several commands share.

pub(super) mod ask;
pub(super) mod blocks;
pub(super) mod canonical;
pub(super) mod child;
pub(super) mod civil;
pub(super) mod digest;
pub(super) mod escape;
pub(super) mod files;
pub(super) mod machine;
pub(super) mod mode;
pub(super) mod numbers;
pub(super) mod owner;
pub(super) mod paths;
pub(super) mod pattern;
pub(crate) mod posix_regex;
pub(super) mod proc;
pub(crate) mod regex;
pub(super) mod sorted;
pub(super) mod tabs;
pub(super) mod tasks;
pub(super) mod times;
pub(super) mod tree;
pub(super) mod walk;
