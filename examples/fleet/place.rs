//! Where the bank is: a file of its own, or the database that was named.

use std::fmt;
use std::path::PathBuf;

/// Where the bank is. A file of its own is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    url: String,
    directory: Option<PathBuf>,
}

impl Place {
    pub(crate) fn new(url: Option<&str>) -> std::io::Result<Self> {
        if let Some(url) = url {
            return Ok(Self {
                url: with_program(url),
                directory: None,
            });
        }
        let directory = std::env::temp_dir().join(format!("wharf-fleet-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        let url = format!("sqlite://{}", directory.join("bank.db").display());
        Ok(Self {
            url,
            directory: Some(directory),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Lets PostgreSQL know which program and process its connections are from. Nobody else asks.
fn with_program(url: &str) -> String {
    if !url.starts_with("postgres") {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    let process = std::process::id();
    format!("{url}{joint}application_name=wharf-fleet-{process}")
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL may hold a password.
        match (&self.directory, self.url.rsplit_once('@')) {
            (Some(_), _) => f.write_str("an SQLite file"),
            (None, Some((_, host))) => f.write_str(host.split('?').next().unwrap_or(host)),
            (None, None) => f.write_str(&self.url),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory
            && let Err(problem) = std::fs::remove_dir_all(directory)
        {
            eprintln!(
                "fleet: {} could not be removed: {problem}",
                directory.display()
            );
        }
    }
}
