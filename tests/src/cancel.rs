//! Drops a future in the middle, at a point that can be named and tried again: after so many polls.
//!
//! "Fail at the first poll, the second, .. until it finishes" tries every place where a future can be cancelled, without
//! a list of them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Polls `future` at most `polls` times, then drops it. `Some(output)` if it finished by then.
///
/// The future is dropped at once, within the poll that used up the count, so nothing can happen between that poll and
/// the drop. It is polled again only when this future is: on a wake-up, as a runtime does it. A poll that finds nothing
/// new (a spurious wake-up, or that of a neighbour in a `join!`) counts as well. Hence the same count hits the same
/// place each time only if the wake-ups are the same, as with a paused clock and scripted answers; with a real server
/// it hits some place near it.
///
/// ```
/// # use std::future::{pending, ready};
/// # use wharf_tests::cancel::drop_after;
/// # tokio::runtime::Builder::new_current_thread().build().expect("build a runtime").block_on(async {
/// assert_eq!(drop_after(1, ready(7)).await, Some(7));
/// assert_eq!(drop_after(1, pending::<u8>()).await, None);
/// # });
/// ```
///
/// # Cancel safety
/// Dropping it drops `future`.
pub async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future: Option<Pin<Box<F>>> = (polls > 0).then(|| Box::pin(future));
    let mut left = polls;
    poll_fn(move |context| {
        let Some(inner) = &mut future else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(output) = inner.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        left -= 1;
        if left > 0 {
            return Poll::Pending;
        }
        future = None;
        Poll::Ready(None)
    })
    .await
}

#[cfg(test)]
mod tests;
