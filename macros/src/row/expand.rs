//! The code of a row.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Row;
use crate::column::expand::from_row;

pub(super) fn row(row: &Row) -> TokenStream {
    let columns: Vec<_> = row.columns.iter().collect();
    let from_row = from_row(&row.ident, &columns);
    quote! {
        const _: () = {
            #from_row
        };
    }
}
