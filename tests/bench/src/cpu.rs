//! CPU time, user and system, as the kernel counts it.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Result;

/// `USER_HZ`, in which Linux tells times: 100 on every architecture that Rust's standard library runs on.
const TICK: Duration = Duration::from_millis(10);

/// CPU time used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuTime {
    /// By the threads of this process.
    pub(crate) own: Duration,
    /// By its children that have ended, and by theirs.
    pub(crate) children: Duration,
}

impl CpuTime {
    /// What has been used up to now; by children to 10 ms.
    pub(crate) fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        let children = children(&stat).ok_or_else(|| format!("/proc/self/stat is `{stat}`"))?;
        let own = clock_gettime(ClockId::ProcessCPUTime);
        Ok(Self {
            own: Duration::try_from(own)?,
            children,
        })
    }
}

fn children(stat: &str) -> Option<Duration> {
    // The second field is the program's name, in brackets, with whatever is in it.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(13).map(str::parse::<u32>);
    let mut next = || times.next()?.ok();
    Some(TICK * (next()? + next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_moves_no_field() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 9 0 0 0 120 30 4000 500 20 0 1 0 5";
        assert_eq!(children(stat), Some(Duration::from_secs(45)));
    }
}
