//! Fakes of devices for tests on the host. Each behaves as its datasheet says and panics, with a
//! sentence, where the real device would lose data, hang or answer nonsense.

mod clock;
mod lock;

pub use clock::FakeClock;
pub use lock::FakeLock;
