//! Where installed programs are.

use std::path::PathBuf;

/// The directory of a program: on `PATH`, or where servers are installed and ordinary users don't look.
pub(crate) fn directory_of(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .find(|place| place.join(program).exists())
}
