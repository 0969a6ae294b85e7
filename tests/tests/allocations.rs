//! What a clean checkout and return cost: no memory, and no task. In a binary of its own, whose allocator counts.

use allocation_counter::measure;
use futures_util::FutureExt as _;
use tokio::runtime::{Builder, Handle};
use wharf::__private::checkout;
use wharf::prelude::*;

const TIMES: usize = 1_000;

#[test]
fn a_checkout_and_a_return_allocate_nothing_and_spawn_nothing() {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("start a runtime").block_on(async {
        let db = Database::connect("sqlite::memory:")
            .await
            .expect("open a database");
        let borrow = || {
            let lease = checkout(&db).now_or_never().expect("it is free");
            drop(lease.expect("it is there"));
        };
        // What is made once, as the thread's own place among the slots.
        borrow();
        let tasks = Handle::current().metrics().num_alive_tasks();
        let counted = measure(|| (0..TIMES).for_each(|_| borrow()));
        assert_eq!(counted.count_total, 0, "allocations");
        let spawned = Handle::current().metrics().num_alive_tasks() - tasks;
        assert_eq!(spawned, 0, "tasks");
        let counted = measure(|| drop(Box::new(7)));
        assert_eq!(counted.count_total, 1, "it does count");
        db.close().await;
    });
}
