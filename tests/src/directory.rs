//! A directory of its own for one server, and the account that may write in it.
//!
//! It lies in memory (`/dev/shm`) where there is room: a server starts several times faster there than on a busy disk.
//! Nothing here removes it; that is the job of the `supervisor`, which outlives this process.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Room for two clusters of three: a node begins with 30 MiB and may grow to 300 MiB by its log alone.
const NEEDED_KIB: u64 = 2 * 1024 * 1024;

/// A fresh, private, empty directory.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Whom the server has to run as; `None` when it is whoever runs the tests.
    account: Option<Account>,
}

/// An unprivileged account of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Directory {
    /// Creates a directory for a server that is called `name` and prefers to run as `account_name`.
    ///
    /// Database servers refuse to run as root. When the tests do, the directory belongs to `account_name`, or to
    /// `nobody` on a machine without that account.
    ///
    /// # Panics
    /// When no directory can be created, or root finds no account to give it to.
    pub(crate) fn create(name: &str, account_name: &str) -> Directory {
        let path = create_below(place(), name)
            .or_else(|_| create_below(&std::env::temp_dir(), name))
            .expect("create a directory in /dev/shm or in the temporary directory");
        // Its owner is the effective user, which std has no call for.
        let owner = fs::metadata(&path).expect("read the owner of a directory just created");
        let account = (owner.uid() == 0).then(|| {
            let passwd = fs::read_to_string("/etc/passwd").expect("read /etc/passwd");
            let account =
                find_account(&passwd, account_name).or_else(|| find_account(&passwd, "nobody"));
            let account =
                account.expect("a server refuses to run as root, and there is no account `nobody`");
            chown(&path, Some(account.uid), Some(account.gid))
                .expect("give the directory to the server");
            account
        });
        Directory { path, account }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn account(&self) -> Option<Account> {
        self.account
    }
}

/// Where servers live: in memory, if they have room to grow there. Containers often have 64 MiB of it.
fn place() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let roomy = free_kib(&memory).is_some_and(|free| free >= NEEDED_KIB);
        if roomy { memory } else { std::env::temp_dir() }
    })
}

/// What `df` says, because std has no call for it.
fn free_kib(path: &Path) -> Option<u64> {
    let output = Command::new("df").args(["-Pk"]).arg(path).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // "tmpfs 25165824 0 25165824 0% /dev/shm"
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn create_below(parent: &Path, name: &str) -> std::io::Result<PathBuf> {
    // Short, since the paths of sockets have room for about 100 bytes. Process numbers come back, and a directory
    // may be left over from a machine where everything was killed at once: hence the attempts.
    let mut attempt = 0;
    loop {
        let path = parent.join(format!("wharf-{name}-{}-{attempt}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 1000 => {
                attempt += 1
            }
            Err(error) => return Err(error),
        }
    }
}

fn find_account(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let mut numbers = fields.skip(1).map(|field| field.parse().ok());
        Some(Account {
            uid: numbers.next()??,
            gid: numbers.next()??,
        })
    })
}
