//! What several commands share.

pub(super) mod child;
pub(super) mod civil;
pub(super) mod escape;
pub(super) mod numbers;
pub(super) mod paths;
pub(super) mod posix_regex;
pub(super) mod proc;
pub(super) mod tree;
