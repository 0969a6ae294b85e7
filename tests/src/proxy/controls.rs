//! What the proxy and its connections share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::Fault;
use super::pattern::{Pattern, Seen};

/// What the proxy tells its connections, and they tell it.
#[derive(Debug)]
pub(super) struct Controls {
    /// Guards the one-shot that is waiting for its pattern.
    pub(super) armed: Mutex<Option<(Pattern, Fault)>>,
    /// Where new connections lead.
    pub(super) upstream: Mutex<SocketAddr>,
    pub(super) traffic: watch::Sender<Traffic>,
    pub(super) answers: watch::Sender<Answers>,
    /// Counts how often all connections were reset.
    pub(super) resets: watch::Sender<u64>,
    /// How many clients are connected.
    pub(super) connections: watch::Sender<usize>,
}

/// What becomes of all connections.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    #[default]
    Passes,
    /// Nothing passes until it does again.
    Hangs,
    /// New connections are reset.
    Refused,
}

/// What becomes of the answers of the server.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Whether answers wait for the next release.
    pub(super) withholding: bool,
    /// Counts the calls of `release`, so that one followed by `withhold_answers` at once isn't missed.
    pub(super) releases: u64,
    /// What has been withheld, or swallowed by a fault, since one of them was asked for.
    pub(super) withheld_bytes: usize,
}

impl Controls {
    pub(super) fn new(upstream: SocketAddr) -> Controls {
        Controls {
            armed: Mutex::new(None),
            upstream: Mutex::new(upstream),
            traffic: watch::Sender::default(),
            answers: watch::Sender::default(),
            resets: watch::Sender::default(),
            connections: watch::Sender::default(),
        }
    }

    pub(super) fn upstream(&self) -> SocketAddr {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when nothing hangs.
    pub(super) async fn wait_until_passing(&self) {
        let mut traffic = self.traffic.subscribe();
        let waited = traffic.wait_for(|traffic| *traffic != Traffic::Hangs).await;
        waited.expect("`self` holds the sender");
    }

    /// The fault to apply to a request that ends `seen`, if the armed pattern is in it. It is disarmed then.
    pub(super) fn take_fault(&self, seen: &Seen) -> Option<Fault> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed
            .take_if(|(pattern, _)| seen.contains(pattern))
            .map(|(_, fault)| fault)
    }

    /// Counts an answer and says for which release it has to wait, if answers are withheld.
    pub(super) fn withhold(&self, length: usize) -> Option<u64> {
        let mut release = None;
        self.answers.send_if_modified(|answers| {
            if answers.withholding {
                answers.withheld_bytes += length;
                release = Some(answers.releases + 1);
            }
            answers.withholding
        });
        release
    }

    /// Counts an answer that no one will see.
    pub(super) fn swallow(&self, length: usize) {
        self.answers
            .send_modify(|answers| answers.withheld_bytes += length);
    }

    pub(super) async fn wait_for_release(&self, release: u64) {
        let mut answers = self.answers.subscribe();
        let waited = answers
            .wait_for(|answers| answers.releases >= release)
            .await;
        waited.expect("`self` holds the sender");
    }
}

/// Counts a client as connected for as long as this lives.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) controls: Arc<Controls>,
}

impl Counted {
    pub(super) fn new(controls: Arc<Controls>) -> Counted {
        controls
            .connections
            .send_modify(|connections| *connections += 1);
        Counted { controls }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.controls
            .connections
            .send_modify(|connections| *connections -= 1);
    }
}
