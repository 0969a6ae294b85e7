//! Rows that are handed over while the rest is still coming.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::Stream;
use tokio::sync::mpsc;

use super::answer::{By, Rows};
use super::hold::Hold;
use super::stream_limit::StreamLimit;
use super::value::FromRow;
use crate::error::{Error, ErrorKind, Result};

/// How many rows travel together: enough to make the hand-over cheap, few enough to start early.
const BATCH: usize = 64;
/// How many batches may wait for a slow reader before the exchange pauses.
const BATCHES: usize = 2;

/// What comes through the channel.
#[derive(Debug)]
pub(crate) enum Parcel {
    Rows(Rows),
    /// All rows so far are void: the request goes out again, on another node.
    StartOver,
}

/// Where an exchange puts its rows.
#[derive(Debug, Clone)]
pub(crate) struct RowSender(mpsc::Sender<Parcel>);

impl RowSender {
    pub(super) fn is_due(&self, gathered: usize) -> bool {
        gathered >= BATCH
    }

    /// Hands rows over. When nobody wants them any more they are dropped: the answer has to be read to its end anyway.
    pub(super) async fn send(&self, rows: Rows) {
        let _ = self.0.send(Parcel::Rows(rows)).await;
    }

    /// What was handed over is void.
    pub(super) async fn start_over(&self) {
        let _ = self.0.send(Parcel::StartOver).await;
    }
}

pub(crate) fn channel() -> (RowSender, mpsc::Receiver<Parcel>) {
    let (sender, receiver) = mpsc::channel(BATCHES);
    (RowSender(sender), receiver)
}

/// Rows of type `T`, decoded as they come.
pub(crate) struct RowStream<T, H> {
    /// `None` once the stream has ended, so that the wire is given back at once.
    holder: Option<H>,
    /// `None` once nothing more is wanted of it: an exchange that is not driven any more may never let go of its end.
    receiver: Option<mpsc::Receiver<Parcel>>,
    by: By,
    decoded: VecDeque<T>,
    /// How it ended, once there is no holder any more, until that is told.
    ended: Result<()>,
    limit: Option<StreamLimit>,
    item: PhantomData<fn() -> T>,
}

impl<T, H> RowStream<T, H> {
    /// A stream over an exchange that has been started on the holder's wire, and must have ended at the deadline.
    pub(crate) fn new(
        holder: H,
        receiver: mpsc::Receiver<Parcel>,
        by: By,
        deadline: Option<Instant>,
    ) -> Self {
        Self {
            holder: Some(holder),
            receiver: Some(receiver),
            by,
            decoded: VecDeque::new(),
            ended: Ok(()),
            limit: deadline.map(StreamLimit::new),
            item: PhantomData,
        }
    }

    fn end(&mut self, how: Result<()>) {
        self.ended = how;
        self.holder = None;
    }

    /// Ends after the rows that are decoded, whatever is still to come.
    fn stop(&mut self, how: Result<()>) {
        self.receiver = None;
        self.end(how);
    }
}

/// Drives the exchange to its end. Who has no wire any more is told that the connection is lost.
fn poll_exchange(holder: &mut impl Hold, cx: &mut Context<'_>) -> Poll<Result<()>> {
    match holder.wire() {
        Some(wire) => wire.poll_exchange(cx).map(|(_, answer)| answer.map(drop)),
        None => Poll::Ready(Err(Error::new(
            ErrorKind::ConnectionLost,
            "the connection of the stream is gone",
        ))),
    }
}

// Nothing in it is pinned in place.
impl<T, H> Unpin for RowStream<T, H> {}

impl<T: FromRow, H: Hold> Stream for RowStream<T, H> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.decoded.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            // The exchange first: it fills the channel. Its end may come before its last rows are taken.
            if let Some(holder) = &mut this.holder {
                if let Poll::Ready(answer) = poll_exchange(holder, cx) {
                    let answer = answer.map_err(|error| match &this.limit {
                        Some(limit) => limit.explain(error, holder),
                        None => error,
                    });
                    holder.ended(answer.as_ref().err());
                    this.end(answer);
                } else if let Some(limit) = &mut this.limit
                    && let Poll::Ready(given_up) = limit.poll(holder, cx)
                {
                    holder.given_up(&given_up);
                    this.stop(Err(given_up));
                }
            }
            let receiver = this.receiver.as_mut();
            match receiver.map_or(Poll::Ready(None), |receiver| receiver.poll_recv(cx)) {
                // A stream's rows are out, and its request is never sent again.
                Poll::Ready(Some(Parcel::StartOver)) => {}
                Poll::Ready(Some(Parcel::Rows(rows))) => {
                    let mut decoded = Vec::new();
                    let how = rows.decode_onto(&mut decoded, this.by);
                    this.decoded = decoded.into();
                    if how.is_err() {
                        this.stop(how);
                    }
                }
                // All rows are here, and how it ended isn't told yet: it may have been stopped.
                Poll::Ready(None) if this.holder.is_some() => return Poll::Pending,
                Poll::Ready(None) => {
                    return match std::mem::replace(&mut this.ended, Ok(())) {
                        Err(error) => Poll::Ready(Some(Err(error))),
                        Ok(()) => Poll::Ready(None),
                    };
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
