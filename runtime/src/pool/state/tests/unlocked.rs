//! What a clean checkout and return don't touch.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::script::{core, settings};
use crate::pool::idle::{Given, Shelf};

/// A hundred thousand times what it takes. It fails a test that hangs and decides nothing else.
const HANG_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_checkout_and_a_return_need_nothing_of_whoever_has_the_pools_lock() {
    let core = core(settings());
    let (tell, done) = mpsc::channel();
    thread::scope(|scope| {
        core.idle().give(0, Shelf::Shared);
        let core = &core;
        core.look(|_, _| {
            scope.spawn(move || {
                let own = core.take(None).ok();
                let given = own.map(|own| core.give(own, Shelf::Shared));
                tell.send(given).unwrap();
            });
            let given = done.recv_timeout(HANG_LIMIT).ok().flatten();
            assert_eq!(given, Some(Given::Done), "it waits for the pool's lock");
        });
    });
}
