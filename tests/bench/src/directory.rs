//! A directory that is gone when its owner is.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use crate::Result;

#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// An empty directory among the temporary files, with this process's number in its name.
    pub(crate) fn create(name: &str) -> Result<Self> {
        let path = env::temp_dir().join(format!("wharf-bench-{name}-{}", process::id()));
        fs::create_dir(&path).map_err(|problem| format!("create {}: {problem}", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What can't be removed is left to whoever tidies the temporary files.
        let _ = fs::remove_dir_all(&self.path);
    }
}
