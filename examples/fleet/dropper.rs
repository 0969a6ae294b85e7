//! Drops a tenth of an agent's futures, each in the middle of what it does.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::tally::Kind;

const ONE_OF: u32 = 10;

#[derive(Debug)]
pub(crate) struct Dropper {
    random: fastrand::Rng,
    /// How many futures are still to be dropped: one that is ready sooner than thought leaves it to the next.
    due: u32,
    /// How often the last whole future of each kind was polled, in the order of [`Kind::ALL`].
    polls: [u32; 4],
}

impl Dropper {
    pub(crate) fn new(random: fastrand::Rng) -> Self {
        Self {
            random,
            due: 0,
            polls: [1; 4],
        }
    }

    /// Runs a future to its end, or drops it after a random one of its polls: then there is nothing.
    pub(crate) async fn run<F: Future>(&mut self, kind: Kind, future: F) -> Option<F::Output> {
        let usual = &mut self.polls[kind as usize];
        self.due += u32::from(self.random.u32(..ONE_OF) == 0);
        let last = (self.due > 0).then(|| self.random.u32(1..=*usual));
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
        match output {
            Some(_) => *usual = polls,
            None => self.due -= 1,
        }
        output
    }
}
