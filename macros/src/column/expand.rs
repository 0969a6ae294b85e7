//! The code that reads a structure from a row.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned as _};

use super::model::{Column, Form};
use crate::path::{located, private, private_at};

/// `impl FromRow`: the stored columns by position, and the default for the others.
pub(crate) fn from_row(owner: &Ident, columns: &[&Column]) -> TokenStream {
    let w = private();
    let stored = columns.iter().filter(|column| column.is_stored());
    let names: Vec<_> = stored.map(|column| &column.name).collect();
    let width = Literal::usize_unsuffixed(names.len());
    let mut place = 0_usize;
    let fields = columns.iter().map(|column| {
        let ident = &column.ident;
        let value = value_of(column, place);
        place += usize::from(column.is_stored());
        quote!(#ident: #value)
    });
    quote! {
        impl #w::FromRow for #owner {
            const COLUMNS: &'static [&'static str] = &[#(#names),*];
            const WIDTH: usize = #width;

            fn from_row(row: &#w::Row<'_>) -> #w::Result<Self> {
                #w::Result::Ok(Self { #(#fields),* })
            }
        }
    }
}

fn value_of(column: &Column, place: usize) -> TokenStream {
    let ty = &column.ty;
    let span = located(ty.span());
    let w = private_at(span);
    let place = Literal::usize_unsuffixed(place);
    match column.form {
        Form::Plain => quote_spanned!(span=> row.get::<#ty>(#place)?),
        Form::Json => quote_spanned!(span=> row.get::<#w::Json<#ty>>(#place)?.0),
        Form::Skipped => quote_spanned!(span=> <#ty as ::core::default::Default>::default()),
    }
}

/// The type that a column holds: the field's own, or JSON of it.
pub(crate) fn column_type(column: &Column) -> TokenStream {
    let ty: &Type = &column.ty;
    match column.form {
        Form::Json => {
            let span = located(ty.span());
            let w = private_at(span);
            quote_spanned!(span=> #w::Json<#ty>)
        }
        Form::Plain | Form::Skipped => quote!(#ty),
    }
}
