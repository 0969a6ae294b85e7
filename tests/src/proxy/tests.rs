use std::collections::HashSet;
use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::server::Server;

/// Answers each request `text` with `ack:text`, and tells the test what it has seen.
struct Echo {
    address: SocketAddr,
    seen: mpsc::UnboundedReceiver<String>,
}

impl Echo {
    async fn start() -> Echo {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(echo(stream, tell.clone()));
            }
        });
        Echo { address, seen }
    }

    async fn next(&mut self) -> String {
        soon(self.seen.recv()).await.expect("the server is there")
    }
}

async fn echo(mut stream: TcpStream, tell: mpsc::UnboundedSender<String>) {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return tell.send("end".to_owned()).unwrap(),
            Err(error) => return tell.send(format!("{:?}", error.kind())).unwrap(),
            Ok(length) => {
                let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                stream
                    .write_all(format!("ack:{request}").as_bytes())
                    .await
                    .unwrap();
                tell.send(request).unwrap();
            }
        }
    }
}

/// A bound for what should happen at once, so that a mistake fails the test instead of hanging it.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), future)
        .await
        .expect("not within 10 s")
}

async fn read(client: &mut TcpStream) -> Result<String, ErrorKind> {
    let mut buffer = [0; 1024];
    let length = soon(client.read(&mut buffer))
        .await
        .map_err(|error| error.kind())?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

async fn client_of(proxy: &Proxy) -> TcpStream {
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.write_all(b"hello;").await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), "ack:hello;");
    client
}

async fn start() -> (Echo, Proxy, TcpStream) {
    let mut echo = Echo::start().await;
    let proxy = Proxy::start(echo.address).await;
    let client = client_of(&proxy).await;
    assert_eq!(echo.next().await, "hello;");
    assert_eq!(proxy.connections(), 1);
    (echo, proxy, client)
}

#[tokio::test]
async fn a_closed_client_closes_its_connection_to_the_server() {
    let (mut echo, proxy, client) = start().await;
    drop(client);
    assert_eq!(echo.next().await, "end");
    soon(proxy.connections_become(0)).await;
}

#[tokio::test]
async fn withheld_answers_are_delivered_in_order_on_release() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.withhold_answers();
    for request in ["one", "two"] {
        client.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(echo.next().await, request);
    }
    soon(proxy.answer_withheld()).await;
    assert_eq!(
        client.try_read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );

    proxy.release();
    let mut answers = [0; "ack:oneack:two".len()];
    soon(client.read_exact(&mut answers)).await.unwrap();
    assert_eq!(&answers, b"ack:oneack:two");
    client.write_all(b"three").await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), "ack:three");
}

#[tokio::test]
async fn a_release_is_not_lost_when_answers_are_withheld_again_at_once() {
    let (_echo, proxy, mut client) = start().await;
    proxy.withhold_answers();
    client.write_all(b"one").await.unwrap();
    soon(proxy.answer_withheld()).await;
    proxy.release();
    proxy.withhold_answers();
    assert_eq!(read(&mut client).await.unwrap(), "ack:one");
    client.write_all(b"two").await.unwrap();
    soon(proxy.answer_withheld()).await;
    assert_eq!(
        client.try_read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
}

#[tokio::test]
async fn a_client_that_goes_while_its_answer_is_withheld_closes_its_connection_to_the_server() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.withhold_answers();
    client.write_all(b"one").await.unwrap();
    soon(proxy.answer_withheld()).await;
    drop(client);
    assert_eq!(
        (echo.next().await, echo.next().await),
        ("one".to_owned(), "end".to_owned())
    );
    soon(proxy.connections_become(0)).await;
}

#[tokio::test]
async fn a_reset_ends_all_connections_and_passes_new_ones() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.reset_all();
    assert_eq!(
        read(&mut client).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(echo.next().await, "ConnectionReset");
    client_of(&proxy).await;
}

#[tokio::test]
async fn a_lost_acknowledgement_resets_the_client_after_the_server_has_executed() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.arm(b"COMMIT", Fault::AckLost);
    client
        .write_all(b"RECOMMIT; COMMITTED; COMMIT_; commit")
        .await
        .unwrap();
    assert!(read(&mut client).await.unwrap().starts_with("ack:RECOMMIT"));
    assert!(proxy.is_armed());
    echo.next().await;

    client.write_all(b"x; COMMIT").await.unwrap();
    assert_eq!(
        read(&mut client).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(
        (echo.next().await, echo.next().await),
        ("x; COMMIT".to_owned(), "end".to_owned())
    );
    soon(proxy.answer_withheld()).await;

    // Only once.
    assert!(!proxy.is_armed());
    let mut client = client_of(&proxy).await;
    client.write_all(b"COMMIT").await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), "ack:COMMIT");
}

#[tokio::test]
async fn a_lost_request_does_not_reach_the_server_and_resets_both_sides() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.arm(b"COMMIT", Fault::RequestLost);
    client.write_all(b"COMMIT").await.unwrap();
    assert_eq!(
        read(&mut client).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(echo.next().await, "ConnectionReset");
}

#[tokio::test]
async fn a_hanging_acknowledgement_hangs_until_the_client_goes() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.arm(b"COMMIT", Fault::AckHang);
    client.write_all(b"COMMIT").await.unwrap();
    assert_eq!(echo.next().await, "COMMIT");
    soon(proxy.answer_withheld()).await;
    assert_eq!(
        client.try_read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    drop(client);
    assert_eq!(echo.next().await, "end");
    soon(proxy.connections_become(0)).await;
}

#[tokio::test]
async fn nothing_passes_a_black_hole_and_everything_after_it() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.black_hole();
    client.write_all(b"one").await.unwrap();
    let mut newcomer = TcpStream::connect(proxy.address()).await.unwrap();
    newcomer.write_all(b"two").await.unwrap();
    soon(proxy.connections_become(2)).await;
    assert_eq!(
        client.try_read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );

    proxy.pass();
    assert_eq!(read(&mut client).await.unwrap(), "ack:one");
    assert_eq!(read(&mut newcomer).await.unwrap(), "ack:two");
    assert_eq!(
        HashSet::from([echo.next().await, echo.next().await]),
        HashSet::from(["one".to_owned(), "two".to_owned()])
    );
}

#[tokio::test]
async fn an_answer_under_way_waits_in_a_black_hole() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.withhold_answers();
    client.write_all(b"one").await.unwrap();
    soon(proxy.answer_withheld()).await;
    client.write_all(b"two").await.unwrap();
    assert_eq!(
        (echo.next().await, echo.next().await),
        ("one".to_owned(), "two".to_owned())
    );
    proxy.black_hole();
    proxy.release();
    // What was withheld was being handed over already.
    assert_eq!(read(&mut client).await.unwrap(), "ack:one");
    assert_eq!(
        client.try_read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    proxy.pass();
    assert_eq!(read(&mut client).await.unwrap(), "ack:two");
}

#[tokio::test]
async fn a_client_that_leaves_a_black_hole_takes_its_request_along() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.black_hole();
    client.write_all(b"one").await.unwrap();
    drop(client);
    assert_eq!(echo.next().await, "end");
    soon(proxy.connections_become(0)).await;
    let newcomer = TcpStream::connect(proxy.address()).await.unwrap();
    soon(proxy.connections_become(1)).await;
    drop(newcomer);
    soon(proxy.connections_become(0)).await;
}

#[tokio::test]
async fn a_refusing_proxy_resets_everybody_until_it_passes() {
    let (mut echo, proxy, mut client) = start().await;
    proxy.refuse();
    assert_eq!(
        read(&mut client).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(echo.next().await, "ConnectionReset");
    let mut newcomer = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(
        read(&mut newcomer).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
    proxy.pass();
    client_of(&proxy).await;
}

#[tokio::test]
async fn a_proxy_with_another_target_leads_only_new_connections_there() {
    let (mut echo, proxy, mut client) = start().await;
    let mut other = Echo::start().await;
    proxy.retarget(other.address);
    client_of(&proxy).await;
    assert_eq!(other.next().await, "hello;");
    client.write_all(b"one").await.unwrap();
    assert_eq!(echo.next().await, "one");
}

#[tokio::test]
async fn a_server_that_is_not_there_resets_the_client() {
    // Bound but not listening: nobody else can take the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let proxy = Proxy::start(socket.local_addr().unwrap()).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(
        read(&mut client).await.unwrap_err(),
        ErrorKind::ConnectionReset
    );
}

/// Enough of PostgreSQL's protocol to send statements and see whether they are through.
struct Client(TcpStream);

impl Client {
    async fn connect(proxy: &Proxy, database: &str) -> Client {
        let mut startup = vec![0, 3, 0, 0];
        for text in ["user", "postgres", "database", database, ""] {
            startup.extend_from_slice(text.as_bytes());
            startup.push(0);
        }
        let mut client = Client(TcpStream::connect(proxy.address()).await.unwrap());
        client.0.write_u32(startup.len() as u32 + 4).await.unwrap();
        client.0.write_all(&startup).await.unwrap();
        client.answer().await.unwrap();
        client
    }

    async fn send(&mut self, sql: &str) {
        let mut message = b"Q".to_vec();
        message.extend_from_slice(&(sql.len() as u32 + 5).to_be_bytes());
        message.extend_from_slice(sql.as_bytes());
        message.push(0);
        self.0.write_all(&message).await.unwrap();
    }

    /// The types of the messages up to "ready for query".
    async fn answer(&mut self) -> Result<String, ErrorKind> {
        let mut types = String::new();
        while !types.ends_with('Z') {
            types.push(
                soon(self.0.read_u8())
                    .await
                    .map_err(|error| error.kind())?
                    .into(),
            );
            let length = soon(self.0.read_u32()).await.unwrap();
            let mut body = vec![0; length as usize - 4];
            soon(self.0.read_exact(&mut body)).await.unwrap();
        }
        Ok(types)
    }

    async fn run(&mut self, sql: &str) -> Result<String, ErrorKind> {
        self.send(sql).await;
        self.answer().await
    }
}

#[tokio::test]
async fn a_postgres_commit_is_durable_when_its_acknowledgement_is_lost_and_undone_when_the_request_is()
 {
    let server = Server::postgres();
    let url = server.database();
    let (_, database) = url.rsplit_once('/').unwrap();
    let proxy = Proxy::start(server.address()).await;
    let mut observer = Client::connect(&proxy, database).await;
    observer.run("create table t (id int)").await.unwrap();

    for (fault, rows) in [
        (Fault::RequestLost, 0),
        (Fault::AckLost, 1),
        (Fault::AckHang, 2),
    ] {
        let mut client = Client::connect(&proxy, database).await;
        client.run("begin").await.unwrap();
        client.run("insert into t values (1)").await.unwrap();
        proxy.arm(b"COMMIT", fault);
        client.send("COMMIT").await;
        match fault {
            Fault::AckHang => soon(proxy.answer_withheld()).await,
            _ => assert_eq!(
                client.answer().await.unwrap_err(),
                ErrorKind::ConnectionReset
            ),
        }
        drop(client);
        soon(proxy.connections_become(1)).await;

        // Fails with a division by zero ('E') if there are more or less.
        let check = format!("select 1 / (count(*) = {rows})::int from t");
        assert_eq!(
            observer.run(&check).await.unwrap(),
            "TDCZ",
            "after {fault:?}"
        );
    }
}
