//! What tasks wait on.
//!
//! | type | for | in handlers |
//! |---|---|---|
//! | [`AtomicWaker`] | the wait cell: one task that waits for something a handler does | waking, not registering |
//! | [`Notify`] | a wait queue: an event without a value, remembered once, first come, first served | no |
//! | [`WakerSet`] | what a wait queue is made of: wakers, for futures that recheck their condition | no |
//! | [`oneshot()`] | one value, once | no |
//! | [`channel()`] | many values, bounded, many senders to one receiver | no |
//! | [`byte_ring()`] | bytes, one producer to one consumer, in place; it neither waits nor wakes | no |
//! | [`watch()`] | the latest value, one sender to many receivers | no |
//! | [`Semaphore`], [`Mutex`], [`RwLock`] | turns, first come, first served, held across an `.await` | no |
//! | [`Lock`] | a few instructions without an `.await` | no, and a debug build panics |
//!
//! Each future passes on what it was given and has not used when it is dropped, and tells the snapshot of its
//! task where it waits and for what; mutexes and read-write locks tell who has them as well.

mod asked;
mod byte_ring;
mod channel;
mod lock;
mod mutex;
mod notify;
mod oneshot;
mod rwlock;
mod semaphore;
mod waiters;
mod waker_set;
mod watch;

#[cfg(debug_assertions)]
pub use asked::is_there;
pub use byte_ring::{ByteConsumer, ByteProducer, byte_ring};
pub use channel::{
    Receiver, Recv, RecvMany, SendError, Sender, Sending, TryRecvError, TrySendError, channel,
};
/// What an interrupt handler wakes: it holds one waker, and waking takes no lock.
pub use futures_util::task::AtomicWaker;
#[cfg(not(target_os = "none"))]
pub use lock::set_lock_hooks;
pub use lock::{Lock, LockGuard, LockHooks};
pub use mutex::{Mutex, MutexGuard, MutexLock};
pub use notify::{Notified, Notify};
pub use oneshot::{Canceled, OneshotReceiver, OneshotSender, oneshot};
pub use rwlock::{ReadGuard, RwLock, RwLockRead, RwLockWrite, WriteGuard};
pub use semaphore::{Acquire, Permit, Semaphore};
pub use waker_set::WakerSet;
pub use watch::{Changed, WatchClosed, WatchReceiver, WatchSender, watch};
