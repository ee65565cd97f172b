//! From the system that a command has to what is below it.

use alloc::sync::Arc;
use core::any::Any;

use pollux_core::system::CoreSystem;
use pollux_shell::{
    io::{self, Ended},
    process::Process,
};

/// The system itself. Complains when the command runs on another, such as a test's.
pub async fn core(p: &Process) -> Result<Arc<CoreSystem>, Ended> {
    let system = p.sys.clone() as Arc<dyn Any + Send + Sync>;
    match system.downcast() {
        Ok(system) => Ok(system),
        Err(_) => {
            io::complain(p, "this system cannot be looked into".into()).await;
            Err(Ended(1))
        }
    }
}
