//! Addresses for servers that tests start, stop and start again.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that the kernel gives to clients. A server that is down would otherwise lose its port to any
/// connection, even to one that tries to reach it: TCP lets a socket connect to itself.
const FIRST_PORT: u32 = 10_000;
const PORTS: u32 = 22_000;

/// How far apart two processes begin to look, whose numbers are neighbours.
const PORTS_PER_PROCESS: u32 = 64;

/// A port of 127.0.0.1 that is free now. Another process may take it before the server does.
///
/// # Panics
/// When there is none.
pub(crate) fn free_address() -> SocketAddr {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let first = process::id().wrapping_mul(PORTS_PER_PROCESS);
    let mut ports = (0..PORTS).map(|_| {
        let number = first.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = FIRST_PORT + number % PORTS;
        SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            u16::try_from(port).expect("below 32000"),
        ))
    });
    ports
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port of 127.0.0.1")
}
