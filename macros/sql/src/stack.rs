//! Gives the parser a stack that is deep enough, wherever the caller stands.
//!
//! Two things need it. The tree of `1+1+1+...` is as deep as the text is long, and even dropping it recurses: with 2 MiB,
//! which is what a test or a worker thread has, 40,000 links end the process. And the 50 levels of nesting that the parser
//! allows take more than 2 MiB when it isn't optimized, as in most builds of a macro: 60 bytes of text are enough. So the
//! length of a text says nothing, and each text gets a thread; that costs some 30 us, and reading it in a macro more.
//!
//! 32 MiB carry the longest text that is accepted ([`crate::MAX_LENGTH`]) with room to spare.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// The stack to read on, in bytes. It is reserved and not used up: pages come as they are touched.
const STACK_BYTES: usize = 32 * 1024 * 1024;

const FAILED: &str = "the parser failed on this text";

/// Runs `work` where it has room, and turns a panic into an error.
///
/// What `work` makes and doesn't return is dropped where it ran.
pub(crate) fn run<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    // Nothing outlives a panic: the closure owns or only reads what it touches.
    let guarded = || catch_unwind(AssertUnwindSafe(work)).map_err(|_| FAILED.to_owned());
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name(String::from("wharf-sql"))
            .stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, guarded) {
            Ok(handle) => handle.join().unwrap_or_else(|_| Err(FAILED.to_owned())),
            Err(error) => Err(format!("no thread to read a text on: {error}")),
        }
    })
}
