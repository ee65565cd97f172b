//! What tasks wait on.

mod channel;
mod lock;
mod mutex;
mod notify;
mod oneshot;
mod waiters;
mod waker_set;

pub use channel::{Receiver, SendError, Sender, TryRecvError, TrySendError, channel};
/// What an interrupt handler wakes: it holds one waker, and waking takes no lock.
pub use futures_util::task::AtomicWaker;
pub use lock::{Lock, LockGuard, LockHooks, set_lock_hooks};
pub use mutex::{Mutex, MutexGuard};
pub use notify::{Notified, Notify};
pub use oneshot::{Canceled, OneshotReceiver, OneshotSender, oneshot};
pub use waker_set::WakerSet;
