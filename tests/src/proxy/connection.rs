//! One client's connection and its connection to the server: carries bytes both ways until one of them ends.

use std::mem;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::Fault;
use super::controls::Controls;
use super::pattern::Seen;

/// Larger than the statements of tests, so that a request is read at once.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// What the client has sent before there was a connection to the server.
    held: Vec<u8>,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// One side has closed, and so does the other.
    Close,
    /// The client's side is reset, the server's is closed.
    ResetClient,
    ResetBoth,
}

/// What ends the plain carrying of bytes.
enum Event {
    Ended(Ending),
    /// `request` has not been forwarded yet.
    Fault {
        fault: Fault,
        request: Vec<u8>,
    },
}

impl Connection {
    pub(super) fn new(client: TcpStream, server: TcpStream, held: Vec<u8>) -> Connection {
        for stream in [&client, &server] {
            // Only a matter of speed, and it fails only when the other side is gone already.
            let _ = stream.set_nodelay(true);
        }
        Connection {
            client,
            server,
            held,
        }
    }

    /// Carries bytes until the connection has to end. It is still open then: see [`end`](Connection::end).
    pub(super) async fn run(&mut self, controls: &Controls) -> Ending {
        let (client_read, client_write) = self.client.split();
        let (server_read, server_write) = self.server.split();
        let held = mem::take(&mut self.held);
        // When one direction returns, the other is dropped, even in the middle of an answer: the client, or this
        // connection, does not live to see the rest.
        let event = tokio::select! {
            event = carry_requests(client_read, server_write, held, controls) => event,
            ending = carry_answers(server_read, client_write, controls) => Event::Ended(ending),
        };
        match event {
            Event::Ended(ending) => ending,
            Event::Fault { fault, request } => self.fail(fault, &request, controls).await,
        }
    }

    pub(super) fn end(self, ending: Ending) {
        let (reset_client, reset_server) = match ending {
            Ending::Close => (false, false),
            Ending::ResetClient => (true, false),
            Ending::ResetBoth => (true, true),
        };
        for (stream, reset) in [(self.client, reset_client), (self.server, reset_server)] {
            if reset {
                // Fails only when the other side has ended it already.
                let _ = stream.set_zero_linger();
            }
        }
    }

    async fn fail(&mut self, fault: Fault, request: &[u8], controls: &Controls) -> Ending {
        if fault == Fault::RequestLost {
            return Ending::ResetBoth;
        }
        if self.server.write_all(request).await.is_err() {
            return Ending::ResetBoth;
        }
        let (client_read, _) = self.client.split();
        let (server_read, _) = self.server.split();
        let answered = async {
            let hang = fault == Fault::AckHang;
            swallow_answers(server_read, controls, hang).await;
            controls.wait_until_passing().await;
            Ending::ResetClient
        };
        // Also while nothing is answered: a client that has gone must not keep the server's connection.
        let gone = async {
            ignore_requests(client_read).await;
            Ending::Close
        };
        tokio::select! {
            ending = answered => ending,
            ending = gone => ending,
        }
    }
}

/// Waits until requests may pass, and meanwhile reads on behind `request`: only so is it seen that the client has gone.
/// Returns whether it is still there.
pub(super) async fn hold(
    client: &mut (impl AsyncRead + Unpin),
    request: &mut Vec<u8>,
    controls: &Controls,
) -> bool {
    loop {
        tokio::select! {
            biased;
            () = controls.wait_until_passing() => return true,
            read = client.read_buf(request) => {
                if !read.is_ok_and(|length| length > 0) {
                    return false;
                }
            }
        }
    }
}

async fn carry_requests(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    held: Vec<u8>,
    controls: &Controls,
) -> Event {
    let mut request = held;
    request.reserve(CHUNK_BYTES);
    let mut seen = Seen::default();
    loop {
        if request.is_empty() {
            match client.read_buf(&mut request).await {
                Ok(0) => return Event::Ended(Ending::Close),
                Ok(_) => {}
                Err(_) => return Event::Ended(Ending::ResetBoth),
            }
        }
        if !hold(&mut client, &mut request, controls).await {
            return Event::Ended(Ending::Close);
        }
        seen.push(&request);
        if let Some(fault) = controls.take_fault(&seen) {
            return Event::Fault { fault, request };
        }
        if server.write_all(&request).await.is_err() {
            return Event::Ended(Ending::ResetBoth);
        }
        request.clear();
    }
}

async fn carry_answers(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    controls: &Controls,
) -> Ending {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = server.read(&mut buffer).await;
        // The end of the stream, too, is something to see.
        controls.wait_until_passing().await;
        let Ok(length) = read else {
            return Ending::ResetBoth;
        };
        if let Some(release) = controls.withhold(length) {
            controls.wait_for_release(release).await;
        }
        if length == 0 {
            return Ending::Close;
        }
        if client.write_all(&buffer[..length]).await.is_err() {
            return Ending::ResetBoth;
        }
    }
}

/// Returns after the first answer or the end of the stream; never, with `forever`.
async fn swallow_answers(mut server: ReadHalf<'_>, controls: &Controls, forever: bool) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = server.read(&mut buffer).await.unwrap_or(0);
        controls.swallow(length);
        if !forever {
            return;
        }
        if length == 0 {
            // There is nothing left to swallow, and still nothing the client should see.
            std::future::pending::<()>().await;
        }
    }
}

/// Returns when the client has gone.
async fn ignore_requests(mut client: ReadHalf<'_>) {
    let mut buffer = vec![0; 1024];
    while client
        .read(&mut buffer)
        .await
        .is_ok_and(|length| length > 0)
    {}
}
