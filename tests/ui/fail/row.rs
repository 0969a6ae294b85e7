//! What `#[derive(Row)]` refuses and `#[derive(Entity)]` doesn't.

use wharf::prelude::*;

#[derive(Row)]
struct Empty {}

#[derive(Row)]
struct NoNames(i64);

fn main() {}
