//! A data directory that is made once a process and copied for each node: a copy takes a tenth of the time.

use std::path::{Path, PathBuf};

use crate::directory::Directory;
use crate::server::Engine;
use crate::supervisor::{Launch, Supervisor, process_in};

/// Its directory is kept by a supervisor of a process that does nothing, and so ends with this process.
#[derive(Debug)]
pub(super) struct Template {
    supervisor: Supervisor,
}

impl Template {
    /// Runs the setup of what `prepare` returns, which leaves `data` in the directory.
    ///
    /// # Panics
    /// When it fails, with what it has printed.
    pub(super) fn make(engine: &dyn Engine, prepare: impl FnOnce(&Path) -> Launch) -> Template {
        let directory = Directory::create(engine.name(), engine.account_name());
        let launch = Launch {
            server: ["sleep", "2147483647"].map(Into::into).to_vec(),
            stop_signal: "KILL",
            ..prepare(directory.path())
        };
        let mut supervisor = Supervisor::start(&directory, &launch);
        supervisor
            .wait_until(|| process_in(directory.path()).is_some())
            .unwrap_or_else(|log| panic!("no template for {}:\n{log}", engine.name()));
        Template { supervisor }
    }

    /// Where the data are.
    pub(super) fn data(&self) -> PathBuf {
        self.supervisor.directory().join("data")
    }
}
