//! The queues of a CPU: the [`inbox`] for handlers and other CPUs, the [`ring`] for itself and thieves; the [`injector`]
//! for all CPUs; and [`spares`], for what is used again.

pub(crate) mod inbox;
pub(crate) mod injector;
#[cfg(test)]
mod nodes;
pub(crate) mod ring;
pub(crate) mod spares;

pub(crate) use inbox::{Inbox, Linked};
pub(crate) use injector::Injector;
pub(crate) use ring::Ring;
