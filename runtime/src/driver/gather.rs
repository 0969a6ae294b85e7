//! Rows that are read while the rest is still coming, so that a long answer isn't first gathered as the engine sent it.

use std::future::{Future, poll_fn};
use std::pin::pin;

use super::answer::{Answer, By};
use super::request::Request;
use super::stream::{self, Parcel};
use super::value::FromRow;
use crate::error::Result;

/// Runs a request, and makes each row a `T`. The inner error is that of a row that can't be read.
///
/// SQLite's thread makes rows meanwhile, so 10,000 of them take little more than half the time.
///
/// Rows are read beside the exchange and not in it: a type whose reading panics must not take the exchange along. After
/// the first row that can't be read the rest is dropped, and the statement runs to its end as any other.
pub(crate) async fn gather<T, F>(
    mut request: Request,
    by: By,
    run: impl FnOnce(Request) -> F,
) -> Result<Result<Vec<T>>>
where
    T: FromRow,
    F: Future<Output = Result<Answer>>,
{
    let (sender, mut receiver) = stream::channel();
    request.sender = Some(sender);
    let mut running = pin!(run(request));
    let mut read = Ok(Vec::new());
    let answer = poll_fn(|cx| {
        loop {
            let answer = running.as_mut().poll(cx);
            let mut has_room = false;
            // The exchange is polled by nobody else, so what it has sent is here, and it waits for no one but us.
            while let Ok(parcel) = receiver.try_recv() {
                has_room = true;
                let decoded = match (parcel, &mut read) {
                    (Parcel::StartOver, read) => {
                        *read = Ok(Vec::new());
                        Ok(())
                    }
                    (Parcel::Rows(rows), Ok(items)) => rows.decode_onto(items, by),
                    (Parcel::Rows(_), Err(_)) => Ok(()),
                };
                if let Err(error) = decoded {
                    read = Err(error);
                }
            }
            if answer.is_ready() || !has_room {
                return answer;
            }
        }
    });
    answer.await?;
    Ok(read)
}
