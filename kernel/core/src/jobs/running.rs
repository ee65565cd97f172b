//! The table of all stages. Memory for an entry is asked for before there is one: where none is left that must fail without
//! a lock held, since a panic with one held ends the kernel.

use alloc::sync::Arc;
use hashbrown::HashMap;
use pollux_shell::{
    env::{Pid, Result},
    errno::Errno,
};

use super::stage::Stage;

/// See the module.
#[derive(Default)]
pub(super) struct Running {
    stages: HashMap<Pid, Arc<Stage>>,
    /// Entries that will come, and for which there is room.
    promised: usize,
}

impl Running {
    /// Sees to it that there is room for one more. `ENOMEM` when there is none.
    pub fn promise(&mut self) -> Result<()> {
        self.stages.try_reserve(self.promised + 1).map_err(|_| Errno::ENOMEM)?;
        self.promised += 1;
        Ok(())
    }

    /// Nothing comes of a promise.
    pub fn forgo(&mut self) {
        self.promised -= 1;
    }

    /// Enters a stage that was promised.
    pub fn insert(&mut self, stage: Arc<Stage>) {
        self.promised -= 1;
        self.stages.insert(stage.pid(), stage);
    }

    pub fn get(&self, pid: Pid) -> Option<&Arc<Stage>> {
        self.stages.get(&pid)
    }

    /// Takes a stage out. Memory for many that were there at once is given back when the last one goes.
    pub fn remove(&mut self, pid: Pid) -> Option<Arc<Stage>> {
        let stage = self.stages.remove(&pid);
        if self.stages.is_empty() && self.promised == 0 && self.stages.capacity() > KEPT {
            self.stages = HashMap::default();
        }
        stage
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.stages.len()
    }
}

/// Room that is kept when there are no stages.
const KEPT: usize = 64;
