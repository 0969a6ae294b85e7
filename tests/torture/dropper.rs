//! Drops some of a worker's futures, each in the middle of what it does.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

#[derive(Debug)]
pub(crate) struct Dropper {
    random: fastrand::Rng,
    one_of: u32,
    /// How often the last whole future was polled.
    polls: u32,
}

impl Dropper {
    pub(crate) fn new(random: fastrand::Rng, one_of: u32) -> Self {
        Self {
            random,
            one_of,
            polls: 1,
        }
    }

    /// Runs a future to its end, or drops it after a random one of its polls: then there is nothing.
    pub(crate) async fn run<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let is_due = self.random.u32(..self.one_of) == 0;
        let last = is_due.then(|| self.random.u32(1..=self.polls));
        let mut polls = 0;
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            polls += 1;
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if last == Some(polls) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        if output.is_some() {
            self.polls = polls;
        }
        output
    }
}
