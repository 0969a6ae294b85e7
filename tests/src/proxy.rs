//! A TCP proxy between a client and a server that can lose, withhold and cut what passes.
//!
//! It knows no protocol. It can watch for bytes on their way to the server (`COMMIT`) and fail just there, because
//! faults at random times hardly ever hit a commit. It delays nothing and damages no bytes.
//!
//! *Request* is what a client sends, *answer* what the server sends. To *reset* a connection is to end it with RST: the
//! other side sees an error instead of the end of the stream. All waiting is for events; nothing depends on time.

mod connection;
mod controls;
mod pattern;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use self::connection::Connection;
use self::controls::{Controls, Counted, Traffic};
use self::pattern::Pattern;

/// Listens on a port of its own and passes connections on to a server. All of them end when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    controls: Arc<Controls>,
    /// Accepts connections and owns their tasks.
    acceptor: JoinHandle<()>,
}

/// What happens when an armed pattern passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is forwarded, and when the server answers, the client's connection is reset instead.
    AckLost,
    /// The request isn't forwarded, and both connections are reset.
    RequestLost,
    /// The request is forwarded and all answers are swallowed until the client goes; then the server's side is closed.
    AckHang,
}

impl Proxy {
    /// Starts a proxy to `upstream` on a free port of 127.0.0.1. Its tasks end with the proxy or the runtime.
    ///
    /// # Panics
    /// When there is no free port, or outside of a tokio runtime.
    pub async fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("bind a port of 127.0.0.1");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let controls = Arc::new(Controls::new(upstream));
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&controls)));
        Proxy {
            address,
            controls,
            acceptor,
        }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing passes either way, until [`pass`](Proxy::pass): as when the network between the two is cut.
    /// Connections stay open, new ones are accepted and hang, and the end of one is seen by nobody on the other side. The
    /// exception is a client that goes: it takes its connection to the server along, and what it had sent meanwhile.
    ///
    /// What a connection is just handing over still passes.
    pub fn black_hole(&self) {
        self.controls.traffic.send_replace(Traffic::Hangs);
    }

    /// Resets all connections, and from now on every new one, as when nobody listens there, until [`pass`](Proxy::pass).
    pub fn refuse(&self) {
        self.controls.traffic.send_replace(Traffic::Refused);
        // Later, so that whoever has connected before is reset with the others.
        self.reset_all();
    }

    /// Ends [`black_hole`](Proxy::black_hole) and [`refuse`](Proxy::refuse). Delivers what has waited.
    pub fn pass(&self) {
        self.controls.traffic.send_replace(Traffic::Passes);
    }

    /// Leads new connections to another server. Those that are open stay where they are.
    pub fn retarget(&self, upstream: SocketAddr) {
        *self
            .controls
            .upstream
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = upstream;
    }

    /// From now on requests reach the server, but its answers (and the end of its stream) are withheld until
    /// [`release`](Proxy::release). What the proxy doesn't hold itself stays in the buffers of the sockets, so an
    /// answer of megabytes stops the server in the middle of it.
    pub fn withhold_answers(&self) {
        self.controls.answers.send_modify(|answers| {
            answers.withholding = true;
            answers.withheld_bytes = 0;
        });
    }

    /// Delivers what was withheld, in order, and passes answers again.
    pub fn release(&self) {
        self.controls.answers.send_modify(|answers| {
            answers.withholding = false;
            answers.releases += 1;
            answers.withheld_bytes = 0;
        });
    }

    /// Waits until the server has answered something that the client will not see, or not before the release: the
    /// request has reached the server and has been executed there.
    ///
    /// Counts what was withheld since the last [`withhold_answers`](Proxy::withhold_answers), or swallowed by a
    /// [`Fault`] since the last [`arm`](Proxy::arm).
    ///
    /// # Cancel safety
    /// Changes nothing; may be dropped and called again.
    pub async fn answer_withheld(&self) {
        let mut answers = self.controls.answers.subscribe();
        let waited = answers.wait_for(|answers| answers.withheld_bytes > 0).await;
        waited.expect("the proxy holds the sender");
    }

    /// Resets both sides of all connections, and passes new ones. A client that has just connected and was not answered
    /// yet may count as new.
    pub fn reset_all(&self) {
        self.controls.resets.send_modify(|resets| *resets += 1);
    }

    /// Lets `fault` happen, once, to the next request that contains `pattern` as a whole word, on any connection.
    /// Replaces a fault that has not happened yet.
    ///
    /// Case counts. A request is what the proxy reads at once: statements that a client sends together are lost
    /// together, and an answer to an earlier one counts as the answer.
    ///
    /// # Panics
    /// When `pattern` is empty or longer than 64 bytes.
    pub fn arm(&self, pattern: &'static [u8], fault: Fault) {
        let pattern = Pattern::new(pattern);
        self.controls
            .answers
            .send_modify(|answers| answers.withheld_bytes = 0);
        *self
            .controls
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some((pattern, fault));
    }

    /// Whether the fault that was armed last has still to happen.
    pub fn is_armed(&self) -> bool {
        self.controls
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        *self.controls.connections.borrow()
    }

    /// Waits until exactly `count` clients are connected. Those that are gone have no connection to the server either.
    ///
    /// # Cancel safety
    /// Changes nothing; may be dropped and called again.
    pub async fn connections_become(&self, count: usize) {
        let mut connections = self.controls.connections.subscribe();
        let waited = connections
            .wait_for(|connections| *connections == count)
            .await;
        waited.expect("the proxy holds the sender");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, controls: Arc<Controls>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("accept a connection");
                // Here and not in the task, which may run later than a reset or a look at the count.
                let resets = controls.resets.subscribe();
                if *controls.traffic.borrow() == Traffic::Refused {
                    reset(&client);
                    continue;
                }
                let counted = Counted::new(Arc::clone(&controls));
                connections.spawn(async move {
                    pass(client, &counted.controls, resets).await;
                });
            }
            // Else the results of finished tasks would pile up.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn pass(mut client: TcpStream, controls: &Controls, mut resets: watch::Receiver<u64>) {
    let mut held = Vec::new();
    tokio::select! {
        is_there = connection::hold(&mut client, &mut held, controls) => {
            if !is_there {
                return;
            }
        }
        _ = resets.changed() => return reset(&client),
    }
    let Ok(server) = TcpStream::connect(controls.upstream()).await else {
        // The client sees what a client of a dead server sees at the latest.
        return reset(&client);
    };
    let mut connection = Connection::new(client, server, held);
    let ending = tokio::select! {
        ending = connection.run(controls) => ending,
        _ = resets.changed() => connection::Ending::ResetBoth,
    };
    connection.end(ending);
}

/// Has a connection end with a reset when it is dropped.
fn reset(stream: &TcpStream) {
    // Fails only when the other side has ended it already.
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
