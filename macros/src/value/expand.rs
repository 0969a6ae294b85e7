//! The code of a column type.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Member, Type, ext::IdentExt as _, spanned::Spanned as _};

use super::model::{Form, Value};
use crate::path::{located, private, private_at};

pub(super) fn value(value: &Value) -> TokenStream {
    let w = private();
    let ident = &value.ident;
    let body = match &value.form {
        Form::Newtype { member, inner } => newtype(member, inner),
        Form::Text(variants) => texts(ident, variants),
        Form::Integer(variants) => integers(ident, variants),
    };
    quote! {
        const _: () = {
            impl #w::Value for #ident {
                #body
            }

            impl #w::FromRow for #ident {
                const WIDTH: usize = 1;

                fn from_row(row: &#w::Row<'_>) -> #w::Result<Self> {
                    row.get(0)
                }
            }

            impl #w::Element for #ident {}
        };
    }
}

fn newtype(member: &Member, inner: &Type) -> TokenStream {
    let w = private();
    let span = located(inner.span());
    let at = private_at(span);
    let value = quote_spanned!(span=> <#inner as #at::Value>);
    let wrapped = |field: TokenStream| match member {
        Member::Named(name) => quote!(Self { #name: #field }),
        Member::Unnamed(_) => quote!(Self(#field)),
    };
    let from_cell = wrapped(quote!(#value::from_cell(cell)?));
    let from_null = wrapped(quote!(#value::from_null()?));
    quote! {
        const KIND: #w::Kind = #value::KIND;
        const NULLABLE: bool = #value::NULLABLE;

        fn to_param(&self) -> #w::Result<#w::Param<'_>> {
            #value::to_param(&self.#member)
        }

        fn from_cell(cell: #w::Cell<'_>) -> #w::Result<Self> {
            #w::Result::Ok(#from_cell)
        }

        fn from_null() -> #w::Result<Self> {
            #w::Result::Ok(#from_null)
        }
    }
}

fn texts(ident: &Ident, variants: &[(Ident, String)]) -> TokenStream {
    let w = private();
    let name = ident.unraw().to_string();
    let (variants, texts): (Vec<_>, Vec<_>) = variants.iter().map(|(v, t)| (v, t)).unzip();
    quote! {
        const KIND: #w::Kind = #w::Kind::Text;

        fn to_param(&self) -> #w::Result<#w::Param<'_>> {
            #w::Result::Ok(#w::Param::Text(::std::borrow::Cow::Borrowed(match self {
                #(Self::#variants => #texts,)*
            })))
        }

        fn from_cell(cell: #w::Cell<'_>) -> #w::Result<Self> {
            let text = <::std::string::String as #w::Value>::from_cell(cell)?;
            match text.as_str() {
                #(#texts => #w::Result::Ok(Self::#variants),)*
                _ => #w::Result::Err(#w::unknown_variant(#name, &text)),
            }
        }
    }
}

fn integers(ident: &Ident, variants: &[(Ident, i64)]) -> TokenStream {
    let w = private();
    let name = ident.unraw().to_string();
    let numbers: Vec<_> = variants
        .iter()
        .map(|(_, n)| Literal::i64_unsuffixed(*n))
        .collect();
    let variants = variants.iter().map(|(variant, _)| variant);
    let variants: Vec<_> = variants.collect();
    quote! {
        const KIND: #w::Kind = #w::Kind::I64;

        fn to_param(&self) -> #w::Result<#w::Param<'_>> {
            #w::Result::Ok(#w::Param::I64(match self {
                #(Self::#variants => #numbers,)*
            }))
        }

        fn from_cell(cell: #w::Cell<'_>) -> #w::Result<Self> {
            let number = <i64 as #w::Value>::from_cell(cell)?;
            match number {
                #(#numbers => #w::Result::Ok(Self::#variants),)*
                _ => #w::Result::Err(#w::unknown_variant(#name, &number)),
            }
        }
    }
}
