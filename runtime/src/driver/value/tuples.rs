//! Tuples, for projections of a few columns.

use super::{FromRow, Row, Value};
use crate::error::Result;

macro_rules! tuples {
    ($($width:literal: $($name:ident $position:literal),+;)+) => {$(
        impl<$($name: Value),+> FromRow for ($($name,)+) {
            const WIDTH: usize = $width;

            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$name>($position)?,)+))
            }
        }
    )+};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
