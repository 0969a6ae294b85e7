use std::cell::{Cell, RefCell};
use std::future::pending;
use std::task::{Context, Waker};

use super::*;

/// Is ready at its poll number `ready_at`, and says in `seen` what happens to it.
struct Steps<'a> {
    ready_at: usize,
    polled: usize,
    seen: &'a RefCell<Vec<String>>,
}

impl Future for Steps<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        self.polled += 1;
        self.seen.borrow_mut().push(format!("poll {}", self.polled));
        if self.polled == self.ready_at {
            return Poll::Ready(self.polled);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        self.seen.borrow_mut().push("drop".to_owned());
    }
}

#[track_caller]
fn check(polls: usize, ready_at: usize, output: Option<usize>, expected: &str) {
    let seen = RefCell::new(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("build a runtime");
    let result = runtime.block_on(drop_after(
        polls,
        Steps {
            ready_at,
            polled: 0,
            seen: &seen,
        },
    ));
    assert_eq!(result, output);
    assert_eq!(seen.into_inner().join(", "), expected);
}

#[test]
fn a_future_is_polled_up_to_the_count_and_then_dropped() {
    check(0, 1, None, "drop");
    check(1, 1, Some(1), "poll 1, drop");
    check(1, 2, None, "poll 1, drop");
    check(2, 3, None, "poll 1, poll 2, drop");
    check(3, 3, Some(3), "poll 1, poll 2, poll 3, drop");
    check(9, 3, Some(3), "poll 1, poll 2, poll 3, drop");
}

#[test]
fn the_future_is_dropped_within_its_last_poll() {
    struct SetOnDrop<'a>(&'a Cell<bool>);
    impl Drop for SetOnDrop<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Cell::new(false);
    let guard = SetOnDrop(&dropped);
    let mut outer = Box::pin(drop_after(2, async move {
        let _guard = guard;
        pending::<()>().await
    }));
    let mut context = Context::from_waker(Waker::noop());

    assert_eq!(outer.as_mut().poll(&mut context), Poll::Pending);
    assert!(!dropped.get());
    assert_eq!(outer.as_mut().poll(&mut context), Poll::Ready(None));
    assert!(dropped.get(), "before `outer` itself is dropped");
}
