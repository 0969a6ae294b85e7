//! A small program in a directory of its own, outside of any workspace.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use crate::Result;
use crate::cpu::CpuTime;

const BENCH: &str = env!("CARGO_MANIFEST_DIR");
const TOKIO: &str = r#"tokio = { version = "1", features = ["macros", "rt-multi-thread"] }"#;

#[derive(Debug)]
pub(crate) struct Project {
    name: &'static str,
    directory: PathBuf,
}

impl Project {
    /// The program on Wharf, with its default features.
    pub(crate) fn on_wharf(parent: &Path) -> Result<Self> {
        let dependency = format!(r#"wharf = {{ path = "{BENCH}/../../runtime" }}"#);
        let program = include_str!("../../programs/on_wharf.rs");
        Self::write(parent, "on-wharf", &dependency, program)
    }

    /// The program on sqlx, with its default features and its macros.
    pub(crate) fn on_sqlx(parent: &Path) -> Result<Self> {
        let dependency =
            r#"sqlx = { version = "0.9", features = ["runtime-tokio", "sqlite", "macros"] }"#;
        let program = include_str!("../../programs/on_sqlx.rs");
        Self::write(parent, "on-sqlx", dependency, program)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    fn write(parent: &Path, name: &'static str, dependency: &str, program: &str) -> Result<Self> {
        let directory = parent.join(name);
        fs::create_dir_all(directory.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependency}\n{TOKIO}\n\n[workspace]\n"
        );
        fs::write(directory.join("Cargo.toml"), manifest)?;
        fs::write(directory.join("src/main.rs"), program)?;
        // Both build the versions of this workspace, and what is downloaded is downloaded before the clock runs.
        let lock_file = Path::new(BENCH).join("../../Cargo.lock");
        fs::copy(lock_file, directory.join("Cargo.lock"))?;
        let project = Self { name, directory };
        project.cargo(&["fetch", "--quiet"])?;
        Ok(project)
    }

    /// Builds everything from nothing and returns the CPU time, user and system, of all compilers and linkers.
    pub(crate) fn build_cold(&self) -> Result<Duration> {
        let target = self.target();
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let before = CpuTime::now()?;
        self.cargo(&["build", "--quiet", "--offline"])?;
        let after = CpuTime::now()?;
        // A program that doesn't work isn't worth comparing.
        let program = target.join("debug").join(self.name);
        self.succeed(Command::new(program).current_dir(&self.directory))?;
        Ok(after.children - before.children)
    }

    fn target(&self) -> PathBuf {
        self.directory.join("target")
    }

    fn cargo(&self, arguments: &[&str]) -> Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        // A compiler cache would make the first build warm and the second one free.
        command
            .env_remove("RUSTC_WRAPPER")
            .env("CARGO_TARGET_DIR", self.target());
        self.succeed(command.args(arguments).current_dir(&self.directory))
    }

    fn succeed(&self, command: &mut Command) -> Result<()> {
        let status = command
            .status()
            .map_err(|problem| format!("run {command:?}: {problem}"))?;
        if !status.success() {
            return Err(format!("{}: {command:?} ended with {status}", self.name).into());
        }
        Ok(())
    }
}
